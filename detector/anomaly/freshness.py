"""What is news: a reading stranger than all that was told in the last hours.

In: how strange rows are. Out: the same, but 0 where something at least as strange passed a short time ago. At any
threshold the first exceedance passes, and only repetitions of what passed that threshold are held back; so whoever
counts exceedances counts events and not readings.
"""

import numpy as np

from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows

HELD_S = 12 * 3600.0
"""Time for which the strangest reading that passed holds back what is no stranger."""


class FreshnessBlock(Block):
    """Columns (N,): peak, the strangest that passed of late; age_s, time since it did."""

    peak: Floats
    age_s: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({"peak": ((), np.float64, 0.0), "age_s": ((), np.float64, 0.0)})


class Freshness:
    """The last peak of every channel."""

    def __init__(self) -> None:
        """Remember nothing."""
        self.block = FreshnessBlock()

    def passes(self, rows: Rows, strangeness: Floats) -> Mask:
        """Return which rows are news. Shapes: (B,)."""
        block, slots = self.block, rows.slots
        held = block.age_s[slots] + rows.gap_s < HELD_S
        return strangeness > np.where(held, block.peak[slots], 0.0)

    def learn(self, rows: Rows, strangeness: Floats, passed: Mask) -> None:
        """Remember what passed. Shapes: (B,)."""
        block, slots = self.block, rows.slots
        block.peak[slots] = np.where(passed, strangeness, block.peak[slots])
        block.age_s[slots] = np.where(passed, 0.0, block.age_s[slots] + rows.gap_s)
