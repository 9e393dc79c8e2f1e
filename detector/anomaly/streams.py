"""Three views of how strange a reading is, each blind where another sees.

In: `Rows` and their `Forecast`. Out: one number a row and stream, on an axis of its own that starts at 0:
the residual, its unrest over the last ten readings, and their distance from the usual level.
"""

from dataclasses import dataclass
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

SHORT_STEPS = 10
"""Readings over which unrest and level are averaged."""

FARTHEST = 10.0
"""Spreads from the usual level that one reading may count for: a single spike is no other level."""


class StreamBlock(Block):
    """What each channel's streams remember.

    Columns (N,): scale, the mean absolute residual in step units; unrest, the mean of log(1 + |z|); away, the
    mean distance from the usual level in spreads, with its sign; seen, a count.
    """

    scale: Floats
    unrest: Floats
    away: Floats
    seen: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        floats = dict.fromkeys(("scale", "unrest", "away"), ((), np.float64, 0.0))
        super().__init__({**floats, "seen": ((), np.int64, 0)})


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """How strange rows look. Shapes: (B,), streams (B, 3)."""

    streams: Floats
    """On log axes that start at 0."""
    residual: Floats
    """In step units, with its sign."""
    away: Floats
    """Mean distance from the usual level over the last readings, in spreads, with its sign."""


class Streams:
    """Turns residuals into the three streams, each channel by its own scale."""

    def __init__(self, memory_steps: int) -> None:
        """Let the residual scale forget over `memory_steps` readings."""
        self._slowest = 1.0 / memory_steps
        self.block = StreamBlock()

    def view(self, rows: Rows, forecast: Forecast) -> View:
        """Return how strange every row looks, before anything is learnt from it."""
        block, slots = self.block, rows.slots
        residual = np.clip((rows.values - forecast.expected) / forecast.unit, -RESIDUAL_LIMIT, RESIDUAL_LIMIT)
        residual = np.where(forecast.known, residual, 0.0)
        surprise = np.log1p(np.abs(residual) / (MEAN_TO_SIGMA * block.scale[slots] + SCALE_FLOOR))
        steps = np.minimum(block.seen[slots] + 1, SHORT_STEPS)
        unrest = block.unrest[slots] + (surprise - block.unrest[slots]) / steps
        distance = np.clip((rows.values - forecast.usual) / forecast.spread, -FARTHEST, FARTHEST)
        away = block.away[slots] + (distance - block.away[slots]) / steps
        return View(np.stack([surprise, unrest, np.log1p(np.abs(away))], axis=1), residual, away)

    def learn(self, slots: Slots, view: View, trusted: Mask) -> None:
        """Move the residual scale by readings that are `trusted` (B,), and the short means by all."""
        block, size = self.block, np.abs(view.residual)
        seen, scale = block.seen[slots], block.scale[slots]
        rate = np.maximum(1.0 / (seen + 1), self._slowest)
        size = np.where(scale > 0.0, np.minimum(size, 6.0 * scale + 1e-9), size)
        block.scale[slots] = np.where(trusted, scale + rate * (size - scale), scale)
        block.unrest[slots], block.away[slots] = view.streams[:, Stream.UNREST], view.away
        block.seen[slots] = seen + 1
