"""Batching: everything that waits, at most one reading of each channel, ticks in their places."""

from detector.domain import HOUR, MICROSECONDS, EventTime, Reading
from detector.readings import Readings
from detector.report import Batch, Tick
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
    assert list(Batcher(100).cut(stream)) == [Batch(Readings.of(stream))]


def test_nothing_waiting_makes_no_batch() -> None:
    """An empty stream has no batches, not an empty one."""
    assert list(Batcher(100).cut([])) == []


def test_a_channel_stands_in_a_batch_once() -> None:
    """The second reading of a channel starts the next batch."""
    stream = merged(readings("pump", [1.0, 2.0, 3.0], cadence_s=0.1), readings("fan", [1.0], cadence_s=0.1))
    assert sizes(list(Batcher(100).cut(stream))) == [2, 1, 1]


def test_a_batch_says_what_time_it_was_at_each_reading() -> None:
    """That is the latest time heard so far, itself included; a late reading does not turn it back."""
    stream = [*readings("a", [1.0], start_s=100.0), *readings("b", [1.0]), *readings("c", [1.0], start_s=160.0)]
    (batch,) = Batcher(100).cut(stream)
    assert [(now - START) / MICROSECONDS for now in batch.now_us] == [100.0, 100.0, 160.0]


def test_a_batch_holds_at_most_the_maximum() -> None:
    """Five channels make batches of two, two and one."""
    assert sizes(list(Batcher(2).cut(at_once(*"abcde")))) == [2, 2, 1]


def test_a_tick_knows_its_place_in_the_batch() -> None:
    """A tick falls before the reading that brought it, and does not cut the batch."""
    before, after = readings("a", [1.0]), readings("b", [1.0], start_s=31.0)
    first_tick = EventTime(START - START % TICK + TICK)
    assert list(Batcher(100).cut(before + after)) == [Batch(Readings.of([*before, *after]), (Tick(first_tick, 1),))]


def test_ticks_that_fall_together_stand_in_one_place() -> None:
    """Two ticks between two readings of one channel both open the second batch."""
    stream = readings("a", [1.0, 2.0], cadence_s=100.0)
    first = START - START % TICK + TICK
    assert list(Batcher(100).cut(stream)) == [
        Batch(Readings.of(stream[:1])),
        Batch(Readings.of(stream[1:]), (Tick(EventTime(first), 0), Tick(EventTime(first + TICK), 0))),
    ]


def test_the_clock_goes_on_from_one_cut_to_the_next() -> None:
    """Ticks fall where they would if the stream had been cut at once."""
    stream = readings("a", range(40))
    batcher = Batcher(100)
    piecewise = [batch for reading in stream for batch in batcher.cut([reading])]
    assert piecewise == list(Batcher(100).cut(stream))


def test_an_idle_stream_gives_ticks_alone() -> None:
    """A minute and a half of quiet gives its ticks in a batch without readings, once."""
    batcher = Batcher(100)
    list(batcher.cut(readings("a", [1.0])))
    batch = batcher.idle(95.0)
    first = START - START % TICK + TICK
    assert batch == Batch(Readings.of(()), tuple(Tick(EventTime(first + step * TICK), 0) for step in range(3)))
    assert batcher.idle(95.0) is None


def test_an_hour_begins_a_batch() -> None:
    """The first reading of a new hour starts a batch that knows of the hour; those before it stand in the batch before."""
    hour = EventTime(START - START % HOUR + HOUR)
    minutes = (hour - START) / MICROSECONDS
    before = readings("a", [1.0], start_s=minutes - 60.0)
    after = merged(readings("b", [1.0], start_s=minutes), readings("c", [1.0], start_s=minutes + 1.0))
    batches = list(Batcher(100).cut(before + after))
    assert [(batch.readings, batch.hour) for batch in batches] == [
        (Readings.of(before), None),
        (Readings.of(after), hour),
    ]


def test_an_hour_is_told_once_however_the_stream_is_cut() -> None:
    """Readings that wait one by one bring the same hours as readings that wait together."""
    stream = readings("a", [1.0] * 12, cadence_s=1000.0)
    batcher = Batcher(100)
    one_by_one = [batch.hour for reading in stream for batch in batcher.cut([reading])]
    together = [batch.hour for batch in Batcher(100).cut(stream)]
    assert one_by_one == together
    assert len([hour for hour in together if hour is not None]) == 3
