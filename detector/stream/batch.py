"""Cuts the stream into batches: everything that waits, at most one reading of each channel, with the ticks among them.

In: readings in stream order. Out: `Batch`es. How the stream is cut changes no score: the engine is exact about it.
"""

from collections.abc import Iterable, Iterator

from detector.domain import Reading
from detector.report import Batch, Tick
from detector.stream.stream_clock import StreamClock


class Batcher:
    """Natural batching for one engine; owns the stream clock."""

    def __init__(self, max_batch: int) -> None:
        """Cut batches of at most `max_batch` readings."""
        self._max_batch = max_batch
        self._clock = StreamClock()

    def cut(self, readings: Iterable[Reading]) -> Iterator[Batch]:
        """Yield batches that hold every reading once, in order."""
        waiting: list[Reading] = []
        ticks: list[Tick] = []
        channels: set[tuple[str, str]] = set()
        for reading in readings:
            channel = (reading.device, reading.channel)
            if channel in channels or len(waiting) >= self._max_batch:
                yield Batch(tuple(waiting), tuple(ticks))
                waiting, ticks, channels = [], [], set()
            ticks += (Tick(at, len(waiting)) for at in self._clock.hear(reading.at))
            waiting.append(reading)
            channels.add(channel)
        if waiting:
            yield Batch(tuple(waiting), tuple(ticks))

    def idle(self, quiet_s: float) -> Batch | None:
        """Return the ticks that fall due when nothing was heard for `quiet_s` over a link that is up, if any do."""
        ticks = self._clock.wait(quiet_s)
        return Batch((), tuple(Tick(at, 0) for at in ticks)) if ticks else None
