"""Measures what a reading costs in time, and what a channel costs in memory.

In: a model, settings, and how many channels send at once. Out: microseconds of one core and bytes.
Channels wander as one group with a day and a common weather, so that every organ has work to do.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np

from detector.domain import DAY_S, MICROSECONDS, EventTime, Reading
from detector.edge.model_file import ModelFile
from detector.engine import Engine
from detector.report import Batch
from detector.settings import Settings
from detector.stream.batch import Batcher

START = 1_700_000_000 * MICROSECONDS
CADENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one reading and one channel cost."""

    step_us: float
    """Microseconds of one core a reading: the median over steps."""
    bytes_of: dict[str, float]
    """Bytes a channel, by the block that holds them."""

    channels: int
    """Channels in a batch."""

    @property
    def batch_ms(self) -> float:
        """Return the milliseconds of one core a batch."""
        return 1e-3 * self.step_us * self.channels

    @property
    def channel_bytes(self) -> float:
        """Return the bytes of a channel in all."""
        return sum(self.bytes_of.values())


def measure(model: ModelFile, settings: Settings, *, channels: int, warm_steps: int, steps: int) -> Cost:
    """Step `channels` devices of one channel each side by side; the first `warm_steps` steps are not timed."""
    engine = Engine(settings, model.network, model.reference)
    took = [_timed(engine, batch) for batch in _batches(channels, warm_steps + steps)]
    bytes_of = {
        name: sum(column.nbytes for column in block.arrays().values()) / channels
        for name, block in engine.blocks().items()
    }
    return Cost(1e6 * median(took[-steps:]) / channels, bytes_of, channels)


def _timed(engine: Engine, batch: Batch) -> float:
    """Return the seconds of processor time that a step took; a busy machine is not in it."""
    began = time.process_time()
    engine.step(batch)
    return time.process_time() - began


def _batches(channels: int, steps: int) -> Iterator[Batch]:
    """Yield one reading of every channel at a time."""
    generator = np.random.default_rng(1)
    own = np.zeros(channels)
    batcher = Batcher(channels)
    for step in range(steps):
        own += 0.05 * generator.standard_normal(channels) - 0.01 * own
        weather = 20.0 + 5.0 * np.sin(2.0 * np.pi * step * CADENCE_S / DAY_S)
        values = weather + own + 0.05 * generator.standard_normal(channels)
        at = EventTime(START + round(step * CADENCE_S * MICROSECONDS))
        readings = [Reading(f"device-{place}", "value", at, float(value), 0) for place, value in enumerate(values)]
        yield from batcher.cut(readings)
