"""What is read many at once, and what one unusual message among them costs the others."""

import json
from typing import Any

import numpy as np
import pytest

from detector.domain import EventTime
from detector.settings import SensorSettings
from detector.stream.decode import Decoder
from detector.stream.plain import PlainDecoder

NOW = EventTime(1_700_000_000_000_000)

ANY: dict[str, Any] = {"name": "pumps", "topics": ["plant/{device}"]}
TIMED = ANY | {"timestamp": {"field": "t", "format": "unix"}}
CONFIGURED = TIMED | {"channels": {"x": {}, "y": {}}}
USUAL = {"t": NOW // 10**6, "x": 1.5, "y": 2}


def read_at_once(entry: dict[str, Any], documents: list[object]) -> set[int]:
    """Return which of some messages are read at once, each of another device that was usual before."""
    plain = PlainDecoder(Decoder([SensorSettings.model_validate(entry)], 2000, 5), 2000, 5, 100)
    columns, topics = plain.columns(), [f"plant/{number}" for number in range(len(documents))]
    for topic in topics:
        assert plain.take(topic, json.dumps(USUAL).encode(), NOW, columns)
    payloads = [json.dumps(document).encode() for document in documents]
    return set(plain.take_many(topics, payloads, np.full(len(topics), NOW)).places.tolist())


@pytest.mark.parametrize("entry", [ANY, TIMED, CONFIGURED])
@pytest.mark.parametrize(
    "unusual",
    [USUAL | {"y": None}, USUAL | {"y": "high"}, USUAL | {"x": [1]}, USUAL | {"x": {"y": 1}}, USUAL | {"t": {}}, 7],
)
def test_one_unusual_message_is_left_out_alone(entry: dict[str, Any], unusual: object) -> None:
    """The others of its form are read at once as before, whatever is wrong with one of them."""
    assert read_at_once(entry, [USUAL, unusual, *[USUAL] * 18]) == {0, *range(2, 20)}


def test_several_unusual_ones_are_left_out_alone() -> None:
    """Each for a reason of its own."""
    unusual = [USUAL | {"x": None}, USUAL | {"y": None}, USUAL | {"x": {}, "y": "?"}, USUAL | {"t": None}]
    assert read_at_once(TIMED, [USUAL, *unusual, *[USUAL] * 5]) == {0, *range(5, 10)}


def test_usual_is_what_most_have() -> None:
    """Where nearly all say nothing of a channel, the one that does is left out."""
    nulls: list[object] = [USUAL | {"y": None}] * 9
    assert read_at_once(ANY, [USUAL, *nulls]) == set(range(1, 10))
