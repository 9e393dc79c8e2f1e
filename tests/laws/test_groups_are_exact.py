"""Law: with peers that know each other, cuts of the stream and other groups change no bit of what is said."""

import numpy as np
import pytest

from detector.anomaly.organs import Organ
from detector.domain import Reading
from detector.engine import Engine
from tests.fleet import all_rows, engine, merged, readings, rows_and_events

CADENCE_S = 900.0
STEPS = 120
"""Thirty hours: peers judge from the thirteenth on."""

TWO_GROUPS = [{"name": "hall", "devices": "hall-*"}, {"name": "yard", "devices": "yard-*"}]


def group(name: str, entry: int, seed: int) -> list[Reading]:
    """Return four devices of one weather, of which the last leaves it at the end."""
    generator = np.random.default_rng(seed)
    weather = np.cumsum(generator.standard_normal(STEPS))
    streams = []
    for device in range(4):
        values = weather + device + 0.1 * generator.standard_normal(STEPS)
        values[-20:] += 5.0 * (device == 3)
        start_s = 7.0 * device + entry
        one = readings(f"{name}-{device}", values.tolist(), cadence_s=CADENCE_S, start_s=start_s)
        streams.append([reading._replace(entry=entry) for reading in one])
    return merged(*streams)


HALL, YARD = group("hall", 0, 1), group("yard", 1, 2)


def two_groups() -> Engine:
    """Return an engine that compares halls with halls and yards with yards."""
    return engine(sensors=TWO_GROUPS)


@pytest.mark.parametrize("most", [1, 3])
def test_cutting_a_groups_stream_changes_nothing(most: int) -> None:
    """Batches of one, of three and of all that waits give the same rows and the same alerts."""
    assert rows_and_events(two_groups(), HALL, max_batch=most) == rows_and_events(two_groups(), HALL)


def test_another_group_changes_nothing() -> None:
    """What is said of the hall is the same with and without the yard."""
    together = [row for row in all_rows(two_groups(), merged(HALL, YARD)) if row[0].entry == 0]
    assert together == all_rows(two_groups(), HALL)


def test_the_law_meets_peers_at_work() -> None:
    """By the end of these streams the peers do judge, or the laws above would say nothing of them."""
    subject = two_groups()
    all_rows(subject, HALL)
    lately = np.asarray(subject.blocks()["peaks"].arrays()["lately"], np.int64)
    assert (lately & (1 << Organ.PEERS)).any()
