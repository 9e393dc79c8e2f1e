"""What each channel usually reads at this time of day: a table that costs the same whatever the cadence.

In: slots, event times and values. Out: the usual value of a moment, and whether one is known. A day is cut into
bins; each holds a mean over the last days, and a moment between two bin centres is interpolated.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Slots

BINS = 96
"""A day in quarters of an hour; halves forecast a little worse on signals with edges."""

BIN_US = 86_400 * MICROSECONDS // BINS

NEWEST_SHARE = 1.0 / 3.0
"""Share of the newest day in a bin's mean."""

OLDEST_DAYS = 7
"""A bin that was not visited for longer is not known."""

LEAST_WEIGHT = 0.25
"""Weight of the known centres from which on a moment between them is known."""

Times = NDArray[np.int64]


class ProfileBlock(Block):
    """The table of each channel, the bin it is in, and the one it has just left.

    Columns: usual (N, BINS), mean values in the channel's unit; day (N, BINS), the day after the one on which it
    was last moved, counted from the epoch, 0 for never; bin (N,), bins since the epoch; total and taken (N,), sum and
    number of the readings in it; left_bin and left_mean (N,), the bin before, -1 for none.
    """

    usual: Floats
    day: NDArray[np.int32]
    bin: Times
    total: Floats
    taken: NDArray[np.int64]
    left_bin: Times
    left_mean: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "usual": ((BINS,), np.float64, 0.0),
                "day": ((BINS,), np.int32, 0),
                "bin": ((), np.int64, -1),
                "total": ((), np.float64, 0.0),
                "taken": ((), np.int64, 0),
                "left_bin": ((), np.int64, -1),
                "left_mean": ((), np.float64, 0.0),
            }
        )


class DayProfile:
    """The daily habit of every channel."""

    def __init__(self) -> None:
        """Start without channels."""
        self.block = ProfileBlock()

    def usual(self, slots: Slots, at_us: Times) -> tuple[Floats, Mask]:
        """Return what is usual at these moments, and where that is known. Shapes: (B,) each, the channel's unit."""
        block = self.block
        place = at_us - BIN_US // 2
        before = place // BIN_US
        after = before + 1
        share = (place - before * BIN_US) / BIN_US
        early, late = (1.0 - share) * self._known(slots, before), share * self._known(slots, after)
        weight = early + late
        known = weight >= LEAST_WEIGHT
        value = early * block.usual[slots, before % BINS] + late * block.usual[slots, after % BINS]
        return np.where(known, value / np.where(known, weight, 1.0), 0.0), known

    def _known(self, slots: Slots, bins: Times) -> Mask:
        """Return which bins were visited on one of the last days."""
        visited = self.block.day[slots, bins % BINS]
        return (visited > 0) & (bins // BINS + 1 - visited <= OLDEST_DAYS)

    def learn(self, slots: Slots, at_us: Times, values: Floats, trusted: Mask) -> None:
        """Take values (B,) in, those of `trusted` rows alone.

        A bin enters the table when the next but one begins: until then its neighbours still need yesterday's value.
        """
        block = self.block
        current = at_us // BIN_US
        moved = current != block.bin[slots]
        if moved.any():
            self._enter(slots[moved])
            block.bin[slots] = current
        total, taken = np.where(moved, 0.0, block.total[slots]), np.where(moved, 0, block.taken[slots])
        block.total[slots], block.taken[slots] = total + np.where(trusted, values, 0.0), taken + trusted

    def _enter(self, slots: Slots) -> None:
        """Enter the bins left before into the table, and note the bins being left."""
        block = self.block
        entering = slots[block.left_bin[slots] >= 0]
        bins, mean = block.left_bin[entering], block.left_mean[entering]
        place = entering, bins % BINS
        usual, visited = block.usual[place], self._known(entering, bins)
        block.usual[place] = np.where(visited, usual + NEWEST_SHARE * (mean - usual), mean)
        block.day[place] = bins // BINS + 1
        taken = block.taken[slots]
        block.left_bin[slots] = np.where(taken > 0, block.bin[slots], -1)
        block.left_mean[slots] = block.total[slots] / np.maximum(taken, 1)
