"""How rare it is that a channel leaves the range of all that it has read so far.

In: rows. Out: the rarity of those that leave the range by more than a twentieth of it, 0 for all others.
"""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows, Slots

MARGIN = 0.05
"""Share of the range by which it has to be left: stationary noise breaks its records by less."""

FARTHEST = 1.0
"""Ranges by which one reading may widen the range: a glitch of a million is no reason to go blind."""

SETTLED = 50
"""Readings before which leaving the range says nothing."""

RELATIVE_FLOOR = 1e-9
"""A range below this share of the value is rounding."""


class NoveltyBlock(Block):
    """Columns (N,): low and high of the range, in the channel's unit; left, readings that left it, fading."""

    low: Floats
    high: Floats
    left: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({**dict.fromkeys(("low", "high", "left"), ((), np.float64, 0.0))})


class Novelty:
    """The range of every channel, which shrinks towards the present as time passes."""

    def __init__(self, memory_s: float) -> None:
        """Forget with time constant `memory_s`."""
        self._memory_s = memory_s
        self.block = NoveltyBlock()

    def beyond(self, rows: Rows) -> Floats:
        """Return how far each row lies beyond its channel's range, with its sign, in ranges; 0 within. Shape (B,)."""
        block, slots = self.block, rows.slots
        low, high = block.low[slots], block.high[slots]
        out, width = _out(rows.values, low, high), high - low
        real = width > RELATIVE_FLOOR * np.abs(rows.values)
        return np.where(real, out / np.where(real, width, 1.0), 0.0)

    def rarity(self, slots: Slots, beyond: Floats, experience: Floats) -> Floats:
        """Return -log10 p of lying so far `beyond` the range, among `experience` readings. Shapes: (B,).

        Source: the rule of succession for leaving the range at all, and a Pareto tail for how far.
        """
        far = np.abs(beyond)
        often = np.log10((experience + 1.0) / (self.block.left[slots] + 1.0))
        return np.where(_leaves(beyond), np.maximum(often, 0.0) + np.log1p(far / MARGIN), 0.0)

    def learn(self, rows: Rows, beyond: Floats, steps_seen: NDArray[np.int64]) -> None:
        """Widen the range to hold the rows, and let it shrink by the time that passed. Shapes: (B,)."""
        block, slots, values = self.block, rows.slots, rows.values
        first, counts = steps_seen == 0, steps_seen >= SETTLED
        low, high = np.where(first, values, block.low[slots]), np.where(first, values, block.high[slots])
        kept = np.exp(rows.gap_s / -self._memory_s)
        block.left[slots] = kept * block.left[slots] + (_leaves(beyond) & counts)
        reach = np.where(beyond != 0.0, FARTHEST * (high - low), np.inf)
        block.low[slots] = np.where(values < low, np.maximum(values, low - reach), values + kept * (low - values))
        block.high[slots] = np.where(values > high, np.minimum(values, high + reach), values + kept * (high - values))


def _out(values: Floats, low: Floats, high: Floats) -> Floats:
    """Return how far values lie above the high (positive) or below the low (negative); 0 between."""
    return np.maximum(values - high, 0.0) + np.minimum(values - low, 0.0)


def _leaves(beyond: Floats) -> Mask:
    """Return which rows leave the range by more than the margin."""
    return np.abs(beyond) > MARGIN
