"""Cuts the stream into batches: everything that waits, at most one reading of each channel, with the ticks among them.

In: readings in stream order, as columns or one by one. Out: `Batch`es. How the stream is cut changes no score: the engine is exact about it.
An hour of the stream clock begins a batch, so that all readings before it were taken in when groups renew what they share.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from detector.domain import EventTime, Reading
from detector.readings import Names, Readings
from detector.report import Batch, Tick
from detector.stream.stream_clock import NOT_STARTED, FrozenClock, StreamClock


class Batcher:
    """Natural batching for one engine; owns the stream clock."""

    def __init__(self, max_batch: int, clock: FrozenClock = NOT_STARTED) -> None:
        """Cut batches of at most `max_batch` readings; go on from where the stream's `clock` was frozen."""
        self._max_batch = max_batch
        self._names = Names()
        self._clock = StreamClock(clock)

    def freeze(self) -> FrozenClock:
        """Return all that is remembered between two cuts."""
        return self._clock.freeze()

    def cut(self, readings: Iterable[Reading]) -> Iterator[Batch]:
        """Yield batches that hold every reading once, in order."""
        if isinstance(readings, Readings):
            yield from self._cut(readings)
            return
        one_by_one = iter(readings)
        while stretch := list(islice(one_by_one, self._max_batch)):
            yield from self._cut(Readings.of(stretch, self._names))

    def _cut(self, stretch: Readings) -> Iterator[Batch]:
        """Yield the batches of a stretch."""
        heard = self._clock.hear_all(stretch)
        before, hours = previous_places(stretch.channels), dict(heard.hours)
        first = 0
        while first < len(stretch):
            last = min([len(stretch), first + self._max_batch, *(place for place in hours if place > first)])
            last = first + _distinct(before[first:last], first)
            ticks = tuple(Tick(at, place - first) for at, place in heard.ticks if first <= place < last)
            yield Batch(stretch[first:last], ticks, hours.get(first), heard.now_us[first:last])
            first = last

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
    return Batch(Readings.of(()), tuple(Tick(at, 0) for at in ticks))


def previous_places(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return, for each of (B,) numbers, where the same one stood last before it; -1 where it did not."""
    order = np.argsort(numbers, kind="stable")
    before = np.full(len(numbers), -1, np.intp)
    same = numbers[order[1:]] == numbers[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def _distinct(before: NDArray[np.intp], first: int) -> int:
    """Return how many readings, from place `first` on, are of channels that stand among them but once."""
    again = (before >= first).nonzero()[0]
    return int(again[0]) if len(again) else len(before)
