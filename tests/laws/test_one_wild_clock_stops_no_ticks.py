"""Law: one device whose clock is far ahead moves no tick and no hour, however it is cut and restarted."""

from collections.abc import Iterable
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import MICROSECONDS, EventTime, Reading
from detector.report import Batch
from detector.stream.batch import Batcher
from detector.stream.stream_clock import LEAP, StreamClock
from tests.fleet import START, merged, readings

ORDINARY = merged(readings("fan", [1.0] * 400), readings("pump", [1.0] * 400, start_s=3.0))
"""Two devices, over the turn of an hour."""


BURSTS = st.lists(
    st.tuples(
        st.integers(1, len(ORDINARY)),
        st.integers(LEAP // MICROSECONDS + 4001, 86_000),
        st.integers(1, 5),
        st.sampled_from([0.0, 1.0, 400.0]),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda burst: burst[0],
)
"""Where in the stream, how far ahead in seconds, how many readings, and their cadence; none is an hour long."""


def wild(bursts: Iterable[tuple[int, int, int, float]]) -> list[Reading]:
    """Return the two devices, and a third whose bursts are up to a day ahead."""
    stream = list(ORDINARY)
    for place, ahead_s, count, cadence_s in sorted(bursts, reverse=True):
        stream[place:place] = readings("wild", [1.0] * count, start_s=ahead_s, cadence_s=cadence_s)
    return stream


def told(batches: list[Batch]) -> list[tuple[EventTime, EventTime]]:
    """Return the ticks and hours of batches, each with the ordinary reading that comes after it."""
    found = list[tuple[EventTime, EventTime]]()
    for batch in batches:
        places = [*((tick.at, tick.before) for tick in batch.ticks), *([(batch.hour, 0)] if batch.hour else [])]
        found += [(at, batch.readings[place].at) for at, place in places]
    return sorted(found)


@given(BURSTS)
def test_a_wild_clock_moves_no_tick(bursts: list[tuple[int, int, int, float]]) -> None:
    """Ticks and hours stand before the same readings as without it."""
    assert told(list(Batcher(4096).cut(wild(bursts)))) == told(list(Batcher(4096).cut(ORDINARY)))


@given(BURSTS, st.integers(1, 50))
def test_a_cut_and_a_restart_move_no_tick(bursts: list[tuple[int, int, int, float]], size: int) -> None:
    """Cut into pieces, with a restart after each, ticks and hours stand where they stood."""
    stream, batcher, pieces = wild(bursts), Batcher(4096), list[list[Batch]]()
    for begin in range(0, len(stream), size):
        pieces.append(list(batcher.cut(stream[begin : begin + size])))
        batcher = Batcher(4096, batcher.freeze())
    assert told(list(chain.from_iterable(pieces))) == told(list(Batcher(4096).cut(stream)))


def test_two_readings_of_one_wild_clock_do_not_carry_the_stream_along() -> None:
    """After two readings 23 hours ahead, three hours of ordinary ones tick as before."""
    clock = StreamClock()
    clock.hear(START, "pump")
    for off in (0, 1):
        clock.hear(EventTime(START + (23 * 3600 + off) * MICROSECONDS), "wild")
    ticks = sum(len(clock.hear(EventTime(START + s * MICROSECONDS), "pump")) for s in range(2, 3 * 3600))
    assert ticks == 3 * 120
