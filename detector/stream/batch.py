"""Cuts the stream into batches: everything that waits, at most one reading of each channel, ticks in between.

In: readings in stream order. Out: `Batch`es. How the stream is cut changes no score: the engine is exact about it.
"""

from collections.abc import Iterable, Iterator

from detector.domain import Reading
from detector.report import Batch
from detector.stream.stream_clock import StreamClock, Tick


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
        opening: Tick | None = None
        for reading in readings:
            tick = self._clock.hear(reading.at)
            channel = (reading.device, reading.channel)
            if waiting and (tick is not None or channel in channels or len(waiting) >= self._max_batch):
                yield _batch(waiting, opening)
                waiting, channels, opening = [], set(), None
            opening = tick or opening
            waiting.append(reading)
            channels.add(channel)
        if waiting:
            yield _batch(waiting, opening)

    def idle(self, elapsed_s: float) -> Batch | None:
        """Let `elapsed_s` pass without readings; return a batch of a tick alone when one falls due."""
        tick = self._clock.wait(elapsed_s)
        return None if tick is None else _batch([], tick)


def _batch(readings: list[Reading], tick: Tick | None) -> Batch:
    """Freeze what was gathered."""
    if tick is None:
        return Batch(tuple(readings))
    return Batch(tuple(readings), tick.at, tick.span_s)
