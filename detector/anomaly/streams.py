"""Three views of how strange a reading is, each blind where another sees.

In: `Rows` and their `Forecast`. Out: one number a row and stream, on an axis of its own that starts at 0:
the residual, its unrest over the last ten readings, and the distance from the usual level.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Forecast, Mask, Rows, Slots


class Stream(IntEnum):
    """The streams, in the order of their columns."""

    RESIDUAL = 0
    UNREST = 1
    LEVEL = 2


RESIDUAL_LIMIT = 200.0
"""Residuals beyond this many step units say nothing more."""

SCALE_FLOOR = 0.1
"""In step units; keeps a noise-free channel from a scale of nothing."""

MEAN_TO_SIGMA = 1.25
"""Standard deviation over mean absolute deviation of a Gaussian: sqrt(pi / 2)."""

UNREST_STEPS = 10
"""Readings over which unrest is averaged."""


class StreamBlock(Block):
    """Columns (N,): scale, the mean absolute residual in step units; unrest, the mean of log(1 + |z|); seen, a count."""

    scale: Floats
    unrest: Floats
    seen: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({"scale": ((), np.float64, 0.0), "unrest": ((), np.float64, 0.0), "seen": ((), np.int64, 0)})


class Streams:
    """Turns residuals into the three streams, each channel by its own scale."""

    def __init__(self, memory_steps: int) -> None:
        """Let the residual scale forget over `memory_steps` readings."""
        self._slowest = 1.0 / memory_steps
        self.block = StreamBlock()

    def view(self, rows: Rows, forecast: Forecast) -> tuple[Floats, Floats]:
        """Return the streams (B, 3) on log axes, and the residual (B,) in step units with its sign."""
        residual = np.clip((rows.values - forecast.expected) / forecast.unit, -RESIDUAL_LIMIT, RESIDUAL_LIMIT)
        residual = np.where(forecast.known, residual, 0.0)
        z = np.abs(residual) / (MEAN_TO_SIGMA * self.block.scale[rows.slots] + SCALE_FLOOR)
        surprise = np.log1p(z)
        unrest = self.block.unrest[rows.slots]
        unrest = unrest + (surprise - unrest) / np.minimum(self.block.seen[rows.slots] + 1, UNREST_STEPS)
        level = np.log1p(np.abs(rows.values - forecast.usual) / forecast.spread)
        return np.stack([surprise, unrest, level], axis=1), residual

    def learn(self, slots: Slots, residual: Floats, streams: Floats, trusted: Mask) -> None:
        """Move the residual scale by readings that are `trusted`, and the unrest by all. Shapes: (B,), streams (B, 3)."""
        block = self.block
        seen, scale = block.seen[slots], block.scale[slots]
        rate = np.maximum(1.0 / (seen + 1), self._slowest)
        size = np.where(scale > 0.0, np.minimum(np.abs(residual), 6.0 * scale + 1e-9), np.abs(residual))
        block.scale[slots] = np.where(trusted, scale + rate * (size - scale), scale)
        block.unrest[slots] = streams[:, Stream.UNREST]
        block.seen[slots] = seen + 1
