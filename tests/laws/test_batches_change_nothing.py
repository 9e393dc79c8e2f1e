"""Law: how a stream is cut into batches, and who stands beside a device, changes no bit of what is said."""

from itertools import accumulate

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from detector.domain import Reading
from detector.forecast.cell import CellKind
from detector.stream.stream_clock import LEAP
from tests.fleet import all_rows, engine, rows_and_events
from tests.laws.streams import APART, apart, fleets


@given(fleets(), st.integers(1, 50), st.sampled_from(CellKind))
def test_cutting_the_stream_differently_changes_nothing(stream: list[Reading], most: int, kind: CellKind) -> None:
    """Batches of any size give the same rows and the same alert events, bit for bit."""
    assert rows_and_events(engine(kind), stream, max_batch=most) == rows_and_events(engine(kind), stream)


@given(fleets())
def test_a_device_alone_is_scored_as_in_company(stream: list[Reading]) -> None:
    """The rows of a device that has neither peers nor kin are the same, bit for bit, whether or not others send beside it.

    Unless it leaps ahead of the stream: whether that is the time, the others have a say in, and the hour turns by it.
    """
    stream = apart(stream)
    assume(not any(leaps(stream, device) for device in {reading.device for reading in stream}))
    together = all_rows(engine(sensors=APART), stream)
    for device in {reading.device for reading in stream}:
        alone = all_rows(engine(sensors=APART), [reading for reading in stream if reading.device == device])
        assert alone == [row for row in together if row[0].device == device]


def leaps(stream: list[Reading], device: str) -> bool:
    """Return whether a reading of a device is further ahead of those before it than moves the stream's clock by itself."""
    times = [reading.at for reading in stream if reading.device == device]
    return any(at - latest > LEAP for latest, at in zip(accumulate(times, max), times[1:], strict=False))


@given(fleets(), st.integers(0, 2**32))
def test_the_order_of_devices_at_one_moment_changes_nothing(stream: list[Reading], seed: int) -> None:
    """Readings of devices that are no peers and bear the same event time may arrive in any order."""
    stream, generator = apart(stream), np.random.default_rng(seed)
    rank = {device: generator.random() for device in sorted({reading.device for reading in stream})}
    moments: list[list[Reading]] = []
    for reading in stream:
        if moments and moments[-1][0].at == reading.at:
            moments[-1].append(reading)
        else:
            moments.append([reading])
    other = [reading for moment in moments for reading in sorted(moment, key=lambda one: rank[one.device])]
    assert sorted(map(repr, all_rows(engine(sensors=APART), stream))) == sorted(
        map(repr, all_rows(engine(sensors=APART), other))
    )
