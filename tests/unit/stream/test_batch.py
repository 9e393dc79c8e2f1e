"""Batching: everything that waits, at most one reading of each channel, ticks in between."""

from detector.domain import EventTime, Reading
from detector.report import Batch
from detector.stream.batch import Batcher
from tests.fleet import START, merged, readings

TICK = 30_000_000


def sizes(batches: list[Batch]) -> list[int]:
    """Return how many readings each batch holds."""
    return [len(batch.readings) for batch in batches]


def at_once(*channels: str) -> list[Reading]:
    """Return a reading of each channel, all at the start."""
    return [reading for channel in channels for reading in readings("pump", [1.0], channel=channel)]


def test_all_that_waits_makes_one_batch() -> None:
    """Readings of different channels are stepped together, in stream order."""
    stream = at_once("a", "b", "c")
    assert list(Batcher(100).cut(stream)) == [Batch(tuple(stream))]


def test_nothing_waiting_makes_no_batch() -> None:
    """An empty stream has no batches, not an empty one."""
    assert list(Batcher(100).cut([])) == []


def test_a_channel_stands_in_a_batch_once() -> None:
    """The second reading of a channel starts the next batch."""
    stream = merged(readings("pump", [1.0, 2.0, 3.0], cadence_s=0.1), readings("fan", [1.0], cadence_s=0.1))
    assert sizes(list(Batcher(100).cut(stream))) == [2, 1, 1]


def test_a_batch_holds_at_most_the_maximum() -> None:
    """Five channels make batches of two, two and one."""
    assert sizes(list(Batcher(2).cut(at_once(*"abcde")))) == [2, 2, 1]


def test_a_tick_starts_a_batch_of_its_own() -> None:
    """Readings before a tick are stepped before it; the tick opens the batch of the reading that brought it."""
    before, after = readings("a", [1.0]), readings("b", [1.0], start_s=31.0)
    first_tick = EventTime(START - START % TICK + TICK)
    assert list(Batcher(100).cut(before + after)) == [Batch(tuple(before)), Batch(tuple(after), first_tick)]


def test_ticks_that_fall_together_are_batches_without_readings() -> None:
    """Two ticks between two readings: the first stands alone, the second opens the next batch."""
    stream = readings("a", [1.0, 2.0], cadence_s=100.0)
    first = START - START % TICK + TICK
    assert list(Batcher(100).cut(stream)) == [
        Batch((stream[0],)),
        Batch((), EventTime(first)),
        Batch((stream[1],), EventTime(first + TICK)),
    ]


def test_the_clock_goes_on_from_one_cut_to_the_next() -> None:
    """Ticks fall where they would if the stream had been cut at once."""
    stream = readings("a", range(40))
    batcher = Batcher(100)
    piecewise = [batch for reading in stream for batch in batcher.cut([reading])]
    assert piecewise == list(Batcher(100).cut(stream))


def test_an_idle_stream_gives_ticks_alone() -> None:
    """A minute and a half of quiet gives its ticks as batches without readings, once."""
    batcher = Batcher(100)
    list(batcher.cut(readings("a", [1.0])))
    ticks = [batch.tick for batch in batcher.idle(95.0)]
    first = START - START % TICK + TICK
    assert ticks == [first, first + TICK, first + 2 * TICK]
    assert list(batcher.idle(95.0)) == []
