"""The stuck rule: a value that stands for longer than this channel's own habit.

In: `Rows` and how often each channel speaks. Out: how strong each row's run of equal values is, 1.0 being too long,
and when the run began. A habit is a stretch of time, and is believed only once it has been watched for far longer
than the limit it gives: so nights, weekends and channels that hardly ever change become habit before they alert.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows, Slots

HABIT_RUNS = 20
"""Finished runs that make a habit."""

LIVED_S = 2 * 86_400.0
"""Time after which even a channel that hardly ever moves has a past: lamps that were dark at first are no anomaly."""

LATEST_RUNS = 1000
"""Runs over which their mean is taken."""

LONGEST_RUN = 10**9
"""Readings of a run that are counted."""

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

    The habit: runs, finished, of which LATEST_RUNS are counted; mean readings of a run; longest_s; first reading (µs).
    """

    run: NDArray[np.int32]
    began: NDArray[np.int64]
    runs: NDArray[np.int16]
    first: NDArray[np.int64]
    last: Floats
    run_s: Floats
    mean: NDArray[np.float32]
    longest_s: Floats

    def __init__(self) -> None:
        """Start without rows."""
        counts = {"run": ((), np.int32, 0), "runs": ((), np.int16, 0), "mean": ((), np.float32, 0.0)}
        times_us, times_s = (
            dict.fromkeys(("began", "first"), ((), np.int64, 0)),
            dict.fromkeys(("run_s", "longest_s"), ((), np.float64, 0.0)),
        )
        super().__init__({"last": ((), np.float64, np.nan), **counts, **times_us, **times_s})


class StuckRule:
    """Runs of equal values of every channel against its own habit."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = StuckBlock()

    def step(self, rows: Rows, cadence_s: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Lengthen or finish every row's run; return how strong it is and when it began (µs).

        Shapes: (B,); cadence_s is the usual time between readings. Strength: 1.0 is too long, 0 is no habit yet.
        """
        block, slots, run = self.block, rows.slots, self.block.run[rows.slots]
        new = run == 0
        if np.count_nonzero(new):
            block.first[slots[new]] = rows.at_us[new]
        same = rows.values == block.last[slots]  # NaN before the first reading: never the same
        self._finish(rows, cadence_s, (~same & ~new).nonzero()[0])
        strength, run_s = np.zeros((2, len(slots)))
        lasts, began = np.ones(len(slots), np.int32), rows.at_us.copy()
        on = same.nonzero()[0]
        if len(on):
            lasts[on], began[on] = np.minimum(run[on], LONGEST_RUN - 1) + 1, block.began[slots[on]]
            run_s[on] = block.run_s[slots[on]] + np.minimum(rows.gap_s[on], COUNTED_GAP * cadence_s[on])
            limit_s, known = self._limit_s(slots[on], rows.at_us[on], cadence_s[on])
            strength[on] = np.where(known, run_s[on] / limit_s, 0.0)
        block.run_s[slots], block.last[slots] = run_s, rows.values
        block.run[slots], block.began[slots] = lasts, began
        return strength, began

    def lived(self, rows: Rows) -> Mask:
        """Return which channels have moved often enough, or were watched for long enough, to have a past. Shape (B,)."""
        block = self.block
        lived: Mask = block.runs[rows.slots] >= HABIT_RUNS
        still = (~lived).nonzero()[0]
        if len(still):
            slots, at_us = rows.slots[still], rows.at_us[still]
            first_us = np.where(block.run[slots] > 0, block.first[slots], at_us)
            lived[still] = (at_us - first_us) / MICROSECONDS >= LIVED_S
        return lived

    def _finish(self, rows: Rows, cadence_s: Floats, ended: Slots) -> None:
        """Count the runs of the rows that `ended` (R,) into the habit; one that was too long counts as its limit only."""
        if not len(ended):
            return
        block, slots, at_us = self.block, rows.slots[ended], rows.at_us[ended]
        run_s, began = block.run_s[slots], block.began[slots]
        lasted = run_s.nonzero()[0]  # a single reading takes no time
        if len(lasted):
            at, now_us = slots[lasted], at_us[lasted]
            limit_s, known = self._limit_s(at, now_us, cadence_s[ended[lasted]])
            grown = known & (now_us - block.first[at] > YOUTH_S * MICROSECONDS)
            run_s[lasted] = np.where(grown, np.minimum(run_s[lasted], limit_s), run_s[lasted])
        faded = np.exp(np.minimum(began - at_us, 0) / (MEMORY_S * MICROSECONDS))  # since the run before finished
        block.longest_s[slots] = np.maximum(run_s, faded * block.longest_s[slots])
        runs, mean = np.minimum(block.runs[slots] + 1, LATEST_RUNS), block.mean[slots]
        block.runs[slots] = runs
        block.mean[slots] = mean + (block.run[slots] - mean) / runs

    def _limit_s(self, slots: Slots, at_us: NDArray[np.int64], cadence_s: Floats) -> tuple[Floats, Mask]:
        """Return the time at which a run is too long, and whether the habit behind it is known. Shapes: (B,)."""
        block = self.block
        again = 1.0 - 1.0 / np.maximum(block.mean[slots].astype(np.float64), LEAST_MEAN)
        readings = np.maximum(-DECADES / np.log10(again), FEWEST)
        limit_s = np.maximum(LONGEST_RUNS * block.longest_s[slots], readings * np.maximum(cadence_s, 1e-3))
        watched_s = (at_us - block.first[slots]) / MICROSECONDS
        known = (block.runs[slots] >= HABIT_RUNS) & (watched_s >= WATCHED_LIMITS * limit_s)
        return limit_s, known
