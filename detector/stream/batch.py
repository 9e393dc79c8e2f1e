"""Cuts the stream into batches: everything that waits, at most one reading of each channel, ticks in between.

In: readings in stream order. Out: `Batch`es. How the stream is cut changes no score: the engine is exact about it.
"""

from collections.abc import Iterable, Iterator

from detector.domain import EventTime, Reading
from detector.report import Batch
from detector.stream.stream_clock import StreamClock


class Batcher:
    """Natural batching for one engine; owns the stream clock."""

    def __init__(self, max_batch: int) -> None:
        """Cut batches of at most `max_batch` readings."""
        self._max_batch = max_batch
        self._clock = StreamClock()

    def cut(self, readings: Iterable[Reading]) -> Iterator[Batch]:
        """Yield batches that hold every reading once, in order; a tick starts a batch of its own."""
        waiting: list[Reading] = []
        channels: set[tuple[str, str]] = set()
        opening: EventTime | None = None
        for reading in readings:
            ticks = self._clock.hear(reading.at)
            channel = (reading.device, reading.channel)
            if waiting and (ticks or channel in channels or len(waiting) >= self._max_batch):
                yield Batch(tuple(waiting), opening)
                waiting, channels, opening = [], set(), None
            for tick in ticks:
                if opening is not None:
                    yield Batch((), opening)
                opening = tick
            waiting.append(reading)
            channels.add(channel)
        if waiting:
            yield Batch(tuple(waiting), opening)

    def idle(self, quiet_s: float) -> Iterator[Batch]:
        """Yield batches of a tick alone, as they fall due when nothing was heard for `quiet_s` over a link that is up."""
        for tick in self._clock.wait(quiet_s):
            yield Batch((), tick)
