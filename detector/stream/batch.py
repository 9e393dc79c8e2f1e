"""Cuts the stream into batches: everything that waits, at most one reading of each channel, with the ticks among them.

In: readings in stream order. Out: `Batch`es. How the stream is cut changes no score: the engine is exact about it.
An hour of the stream clock begins a batch, so that all readings before it were taken in when groups renew what they share.
"""

from collections.abc import Iterable, Iterator, Sequence

from detector.domain import EventTime, Reading
from detector.report import Batch, Tick
from detector.stream.stream_clock import NOT_STARTED, FrozenClock, StreamClock


class _Waiting:
    """The batch that is being filled."""

    def __init__(self, hour: EventTime | None = None) -> None:
        """Start empty; `hour` began before it."""
        self._hour = hour
        self._readings: list[Reading] = []
        self._now: list[EventTime] = []
        self._ticks: list[Tick] = []
        self._channels: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        """Return how many readings wait."""
        return len(self._readings)

    def holds(self, reading: Reading) -> bool:
        """Return whether a reading of the same channel waits."""
        return (reading.device, reading.channel) in self._channels

    def add(self, reading: Reading, ticks: Iterable[EventTime], now: EventTime) -> None:
        """Let a reading wait, and the ticks before it; `now` is the stream clock."""
        self._now.append(now)
        self._ticks += (Tick(at, len(self._readings)) for at in ticks)
        self._readings.append(reading)
        self._channels.add((reading.device, reading.channel))

    def batch(self) -> Batch:
        """Return what waits."""
        return Batch(tuple(self._readings), tuple(self._ticks), self._hour, tuple(self._now))


class Batcher:
    """Natural batching for one engine; owns the stream clock."""

    def __init__(self, max_batch: int, clock: FrozenClock = NOT_STARTED) -> None:
        """Cut batches of at most `max_batch` readings; go on from where the stream's `clock` was frozen."""
        self._max_batch = max_batch
        self._clock = StreamClock(clock)

    def freeze(self) -> FrozenClock:
        """Return all that is remembered between two cuts."""
        return self._clock.freeze()

    def cut(self, readings: Iterable[Reading]) -> Iterator[Batch]:
        """Yield batches that hold every reading once, in order."""
        waiting = _Waiting()
        for reading in readings:
            before = self._clock.hour
            ticks = self._clock.hear(reading.at, reading.device)
            hour = self._clock.hour if before is not None and self._clock.hour != before else None
            if hour is not None or waiting.holds(reading) or len(waiting) >= self._max_batch:
                if waiting:
                    yield waiting.batch()
                waiting = _Waiting(hour)
            waiting.add(reading, ticks, self._clock.now)
        if waiting:
            yield waiting.batch()

    def idle(self, quiet_s: float) -> Batch | None:
        """Return the ticks that fall due when nothing was heard for `quiet_s` over a link that is up, if any do."""
        ticks = self._clock.wait(quiet_s)
        return _of_ticks(ticks) if ticks else None

    def idle_again(self, ticks: Sequence[EventTime]) -> Batch:
        """Return the batch of ticks, at least one, that `idle` once made."""
        self._clock.wait_again(ticks)
        return _of_ticks(ticks)


def _of_ticks(ticks: Sequence[EventTime]) -> Batch:
    """Return a batch without readings."""
    return Batch((), tuple(Tick(at, 0) for at in ticks))
