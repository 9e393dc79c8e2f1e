"""Law: messages that are read many at once give the readings and the counts that they give one by one, in the same order."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.daemon.intake import MANY, Intake, Limits
from detector.daemon.redelivery import Redelivery
from detector.domain import EventTime, Reading
from detector.edge.ledger import Counts, Ledger
from detector.edge.parcel import Message
from detector.notices import Directory
from detector.settings import SensorSettings
from detector.stream.decode import Decoder
from detector.stream.forms import LONGEST
from detector.stream.plain import PlainDecoder
from tests.laws.test_decode_never_raises import ENTRIES, NOW, PAYLOADS
from tests.laws.test_plain_messages_are_read_as_decoded import OBJECTS
from tests.parcels import parcel_of

pytestmark = pytest.mark.usefixtures("quiet_log")

MORE = (
    {"name": "ms", "topics": ["ms/{device}"], "timestamp": {"field": "t", "format": "unix_ms"}, "channels": {"x": {}}},
    {"name": "us", "topics": ["us/{device}"], "timestamp": {"field": "t", "format": "unix_us"}, "channels": {"x": {}, "y": {}}},
    {"name": "ns", "topics": ["ns/{device}"], "timestamp": {"field": "t", "format": "unix_ns"}, "channels": {"x": {}, "rms": {"field": "vib.rms"}}},
    {"name": "iso", "topics": ["iso/{device}"], "timestamp": {"field": "t", "format": "iso8601"}, "channels": {"x": {}}},
    {"name": "any", "topics": ["any/{device}"]},
)  # fmt: skip
SENSORS = [SensorSettings.model_validate(entry) for entry in (*ENTRIES, *MORE)]
NOW_S = NOW // 10**6

USUAL = {
    "b/1": {"t": "2023-11-14T00:00:00Z", "x": 1, "n": 2.5, "on": True},
    "b/2": {"t": "2023-11-14T00:00:00.25+01:00", "x": 1, "n": 2},
    "c/1/x": 21.5,
    "e/1": 7,
    "f/1/x": {"y": -1},
    "ms/1": {"t": NOW_S * 1000, "x": 0.1},
    "ms/2": {"t": NOW_S * 1000 + 0.5, "x": 1},
    "us/1": {"t": int(NOW), "x": 2**63, "y": 2**53 + 1},
    "us/2": {"t": int(NOW) - 1, "x": -0.0, "y": 5},
    "ns/1": {"t": NOW_S * 10**9 + 1999, "x": 1, "vib": {"rms": 0.5}},
    "iso/1": {"t": "2023-11-14 00:00:00", "x": 3.0},
    "any/1": {"x": 1, "y": 2.0},
    "any/2": {"x": 1.0, "y": 2.0, "z": "on"},
}
"""What is plain on each topic, so that it has a form; what follows meets it."""

STAMPS = st.sampled_from(
    [NOW_S, NOW_S + 0.25, NOW_S * 1000, NOW_S * 1000 + 0.5, int(NOW), NOW_S * 10**9 + 999, "2023-11-14T00:00:00Z", "23", 0, -1, 1e300,
     2**63, 2**64 - 1, 10**30, True, None, [1], {"t": 1}, "1e9", str(int(NOW))]
)  # fmt: skip
VALUES = st.sampled_from([1, 1.5, -0.0, 2**63, 2**64, 10**30, 5e-324, True, None, "1", [1], {"x": 1}, {"rms": 2}])
NEAR = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("t", "x", "y", "vib", "vib.rms", "value", "z"), VALUES)
).flatmap(lambda fields: STAMPS.map(lambda stamp: json.dumps({"t": stamp, **fields}).encode()))
HOSTILE = st.sampled_from(
    [b"1],[2", b'{"a":[{}', b"{}]}", b'{"x":1},{"x":2}', b'{"x":1,"x":2}', b'{"x":NaN,"t":1}', b'{"t":1,"x":1e999}', b"[[1]]", b"{}", b"",
     b'{"t":"', b'","x":1}', b'\xef\xbb\xbf{"x":1}', b'{"x":1}\n', b'{"x":"\xff"}', b" 1", b"1.", b"+1", b"-0", b"1" * 16, b"1_0", b"0x1",
     b'{"x":1,"pad":"' + b"p" * LONGEST + b'"}']
)  # fmt: skip
MESSAGES = st.tuples(
    st.sampled_from([*USUAL, "a/1", "any/3", "f/1/y", "nobody"]),
    OBJECTS | NEAR | NEAR | HOSTILE | PAYLOADS,
    st.integers(0, 2),
    st.sampled_from([(False, False)] * 6 + [(True, False), (False, True)]),
)


def taken_in(
    parcels: list[list[Message]], max_payload: int
) -> tuple[list[tuple[Reading, str]], Counts, list[object], list[str]]:
    """Return what is made of messages that come in parcels: readings and how they are written, counts, stubs, and who is known."""
    ledger, redelivery, directory = Ledger(), Redelivery(), Directory(100)
    intake = Intake(SENSORS, Limits(max_payload, 5, 100), ledger, redelivery, directory)
    readings = list[Reading]()
    for parcel in parcels:
        ledger.arrived(len(parcel))
        readings += intake.decode([parcel_of(parcel)])
    stubs: list[object] = [*redelivery.take_new()]
    return [(reading, repr(reading)) for reading in readings], ledger.snapshot(), stubs, list(directory.table)


def usual_messages() -> list[Message]:
    """Return a plain message on every topic."""
    payloads = [json.dumps(document).encode() for document in USUAL.values()]
    return [Message(topic, payload, NOW, 0, False, False, 0, 1) for topic, payload in zip(USUAL, payloads, strict=True)]


@given(drawn=st.lists(MESSAGES, max_size=40), max_payload=st.sampled_from([2 * LONGEST, 2 * LONGEST, 40, 10]))
def test_many_at_once_are_as_one_by_one(
    drawn: list[tuple[str, bytes, int, tuple[bool, bool]]], max_payload: int
) -> None:
    """Any messages, usual ones and ones too long among them, are the same readings, bit by bit, and counted alike, together or alone."""
    first = usual_messages()
    messages = [
        Message(topic, payload, EventTime(NOW + place), int(mid > 0), *flags, mid, 1)
        for place, (topic, payload, mid, flags) in enumerate(drawn)
    ]
    together = [*first, *messages, *first[: MANY + 1]]
    one_by_one = [[message] for message in (*first, *together)]
    assert taken_in([first, together], max_payload) == taken_in(one_by_one, max_payload)


def test_usual_messages_are_read_at_once() -> None:
    """Once a topic was read, what is usual on it takes no step of its own."""
    plain = PlainDecoder(Decoder(SENSORS, 2000, 5), 2000, 5, 100)
    columns, messages = plain.columns(), usual_messages()
    for topic, payload, arrived, *_ in messages:
        assert plain.take(topic, payload, arrived, columns), topic
    topics, payloads = [one.topic for one in messages], [one.payload for one in messages]
    block = plain.take_many(topics, payloads, parcel_of(messages).arrived_us)
    assert set(block.places.tolist()) == set(range(len(messages)))
