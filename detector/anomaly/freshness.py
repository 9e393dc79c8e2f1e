"""What is news: a reading stranger, to one organ, than all that passed in the last hours.

In: how strange each organ finds rows. Out: which of it is news. At any
threshold the first exceedance passes, and only repetitions of what passed that threshold are held back; so whoever
counts exceedances counts events and not readings.
"""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows

HELD_S = 12 * 3600.0
"""Time for which the strangest reading that passed holds back what is no stranger."""


class FreshnessBlock(Block):
    """Columns (N, ORGANS): peak, the strangest that passed of late; age_s, time since it did."""

    peak: NDArray[np.float32]
    age_s: Floats

    def __init__(self, organs: int) -> None:
        """Start without rows."""
        super().__init__({"peak": ((organs,), np.float32, 0.0), "age_s": ((organs,), np.float64, 0.0)})


class Freshness:
    """The last peaks of every channel."""

    def __init__(self, organs: int) -> None:
        """Remember nothing."""
        self.block = FreshnessBlock(organs)

    def passes(self, rows: Rows, strangeness: Floats) -> Mask:
        """Return what is news. Shapes: (B, ORGANS)."""
        block, slots = self.block, rows.slots
        held = block.age_s.take(slots, axis=0) + rows.gap_s[:, None] < HELD_S
        peak = np.where(held, block.peak.take(slots, axis=0), 0.0)
        news: Mask = strangeness.astype(np.float32) > peak  # as it is remembered: what is as strange is no news
        return news

    def learn(self, rows: Rows, strangeness: Floats, passed: Mask) -> None:
        """Remember what passed. Shapes: (B, ORGANS)."""
        block, slots = self.block, rows.slots
        row, organ = passed.nonzero()
        age_s = block.age_s.take(slots, axis=0) + rows.gap_s[:, None]
        age_s[row, organ] = 0.0
        block.age_s[slots], block.peak[slots[row], organ] = age_s, strangeness[row, organ]
