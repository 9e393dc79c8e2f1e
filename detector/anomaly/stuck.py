"""The stuck rule: a value that stands for longer than this channel's own habit.

In: `Rows` and how often each channel speaks. Out: how strong each row's run of equal values is, 1.0 being too long,
and when the run began. A habit is a stretch of time, and is believed only once it has been watched for far longer
than the limit it gives: so nights, weekends and channels that hardly ever change become habit before they alert.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows

HABIT_RUNS = 20
"""Finished runs that make a habit."""

LIVED_S = 2 * 86_400.0
"""Time after which even a channel that hardly ever moves has a past: lamps that were dark at first are no anomaly."""

WATCHED_LIMITS = 16.0
"""A habit has been watched for so many times the limit that it gives."""

LONGEST_RUNS = 2.5
"""A run is too long at so many times the longest one."""

DECADES = 6.0
"""Nor is a run too long before its readings would repeat by chance once in 10 to the so many, at the channel's usual rate."""

LEAST_MEAN = 1.02
"""Readings of the mean run at the least: at this rate of repeats, four in a row are too many for chance."""

FEWEST = 6.0
"""Readings without which no run is too long: repeats come in clusters."""

YOUTH_S = 2 * 86_400.0
"""Time in which every run becomes habit in full: the first night is no fault."""

MEMORY_S = 56 * 86_400.0
"""Time over which the longest run fades."""

COUNTED_GAP = 3.0
"""Cadences that one gap counts for: what was not heard did not repeat."""


class StuckBlock(Block):
    """Columns (N,): last value; run, equal readings so far, run_s, their time, and when it began (µs).

    The habit: runs, finished; mean readings of a run; longest_s; finished, when the last run was (µs);
    first reading (µs).
    """

    run: NDArray[np.int64]
    began: NDArray[np.int64]
    runs: NDArray[np.int64]
    finished: NDArray[np.int64]
    first: NDArray[np.int64]
    last: Floats
    run_s: Floats
    mean: Floats
    longest_s: Floats

    def __init__(self) -> None:
        """Start without rows."""
        floats = dict.fromkeys(("run_s", "mean", "longest_s"), ((), np.float64, 0.0))
        counts = dict.fromkeys(("run", "began", "runs", "finished", "first"), ((), np.int64, 0))
        super().__init__({"last": ((), np.float64, np.nan), **counts, **floats})


class StuckRule:
    """Runs of equal values of every channel against its own habit."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = StuckBlock()

    def step(self, rows: Rows, cadence_s: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Lengthen or finish every row's run; return how strong it is and when it began (µs).

        Shapes: (B,); cadence_s is the usual time between readings. Strength: 1.0 is too long, 0 is no habit yet.
        """
        block, slots = self.block, rows.slots
        run = block.run[slots]
        first = np.where(run == 0, rows.at_us, block.first[slots])
        block.first[slots] = first
        limit_s, known = self._limit_s(rows, cadence_s)
        same = rows.values == block.last[slots]  # NaN before the first reading: never the same
        grown = known & (rows.at_us - first > YOUTH_S * MICROSECONDS)
        self._finish(rows, np.where(grown, limit_s, np.inf), ~same & (run > 0))
        counted_s = np.minimum(rows.gap_s, COUNTED_GAP * cadence_s)
        run_s = np.where(same, block.run_s[slots] + counted_s, 0.0)
        block.run_s[slots], block.last[slots] = run_s, rows.values
        began = np.where(same, block.began[slots], rows.at_us)
        block.run[slots], block.began[slots] = np.where(same, run + 1, 1), began
        return np.where(known, run_s / limit_s, 0.0), began

    def lived(self, rows: Rows) -> Mask:
        """Return which channels have moved often enough, or were watched for long enough, to have a past. Shape (B,)."""
        first_us = np.where(self.block.run[rows.slots] > 0, self.block.first[rows.slots], rows.at_us)
        watched_s = (rows.at_us - first_us) / MICROSECONDS
        lived: Mask = (self.block.runs[rows.slots] >= HABIT_RUNS) | (watched_s >= LIVED_S)
        return lived

    def _finish(self, rows: Rows, highest_s: Floats, ended: Mask) -> None:
        """Count the runs that ended into the habit; one that was too long counts as its limit only."""
        if not ended.any():
            return
        block, slots, at_us = self.block, rows.slots[ended], rows.at_us[ended]
        run_s = np.minimum(block.run_s[slots], highest_s[ended])
        faded = np.exp(np.minimum(block.finished[slots] - at_us, 0) / (MEMORY_S * MICROSECONDS))
        block.longest_s[slots] = np.maximum(run_s, faded * block.longest_s[slots])
        block.finished[slots] = at_us
        runs, mean = block.runs[slots] + 1, block.mean[slots]
        block.runs[slots] = runs
        block.mean[slots] = mean + (block.run[slots] - mean) / np.minimum(runs, 1000)

    def _limit_s(self, rows: Rows, cadence_s: Floats) -> tuple[Floats, Mask]:
        """Return the time at which a run is too long, and whether the habit behind it is known. Shapes: (B,)."""
        block, slots = self.block, rows.slots
        again = 1.0 - 1.0 / np.maximum(block.mean[slots], LEAST_MEAN)
        readings = np.maximum(-DECADES / np.log10(again), FEWEST)
        limit_s = np.maximum(LONGEST_RUNS * block.longest_s[slots], readings * np.maximum(cadence_s, 1e-3))
        watched_s = (rows.at_us - block.first[slots]) / MICROSECONDS
        known = (block.runs[slots] >= HABIT_RUNS) & (watched_s >= WATCHED_LIMITS * limit_s)
        return limit_s, known
