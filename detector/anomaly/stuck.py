"""The stuck rule: a value repeated for longer than this channel's own habit of repeating.

In: `Rows`. Out: the rarity of each row's run of equal values, and when the run began.
A channel that never changed has no habit, so it is never called stuck.
"""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Rows

HABIT_RUNS = 20
"""Finished runs that make a habit."""

SHORTEST = 20.0
"""Readings: no run is strange before it outlasts the longest by a good part of this."""

DECADES = 2.0
"""Rarity that each further length of the longest run adds."""

FADING = 0.999
"""What a finished run leaves of the longest before it, so that one outage is not the habit for ever."""


class StuckBlock(Block):
    """Columns (N,): run, equal readings so far; began (µs); last; runs, finished; mean and longest finished run."""

    run: NDArray[np.int64]
    began: NDArray[np.int64]
    last: Floats
    runs: NDArray[np.int64]
    mean: Floats
    longest: Floats

    def __init__(self) -> None:
        """Start without rows."""
        floats = dict.fromkeys(("mean", "longest"), ((), np.float64, 0.0))
        counts = dict.fromkeys(("run", "began", "runs"), ((), np.int64, 0))
        super().__init__({"last": ((), np.float64, np.nan), **counts, **floats})


class StuckRule:
    """Run lengths of every channel against its own habit."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = StuckBlock()

    def step(self, rows: Rows) -> tuple[Floats, NDArray[np.int64]]:
        """Lengthen or finish every row's run; return its rarity (-log10 p) and when it began (µs). Shapes (B,)."""
        block, slots = self.block, rows.slots
        same = rows.values == block.last[slots]  # NaN before the first reading: never the same
        self._finish(rows, ~same & (block.run[slots] > 0))
        block.run[slots] = np.where(same, block.run[slots] + 1, 1)
        block.began[slots] = np.where(same, block.began[slots], rows.at_us)
        block.last[slots] = rows.values
        return self._rarity(rows), block.began[slots]

    def _finish(self, rows: Rows, ended: NDArray[np.bool_]) -> None:
        """Count the runs that ended into the habit."""
        slots = rows.slots[ended]
        block, run = self.block, self.block.run[slots].astype(np.float64)
        block.runs[slots] += 1
        block.mean[slots] += (run - block.mean[slots]) / np.minimum(block.runs[slots], 1000)
        block.longest[slots] = np.maximum(run, FADING * block.longest[slots])

    def _rarity(self, rows: Rows) -> Floats:
        """Return how rare a run of this length is: one in as many as there were, and a geometric tail beyond."""
        block, slots = self.block, rows.slots
        scale = np.maximum(np.maximum(block.longest[slots], 3.0 * block.mean[slots]), SHORTEST)
        beyond = (block.run[slots] - block.longest[slots]) / scale
        rarity = np.log10(block.runs[slots] + 1.0) + DECADES * beyond
        return np.where((block.runs[slots] >= HABIT_RUNS) & (beyond >= 0.5), rarity, 0.0)
