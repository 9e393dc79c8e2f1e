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

LARGEST = 1e38
"""Usual values beyond this are taken as this: float32 holds no more."""

Times = NDArray[np.int64]


class ProfileBlock(Block):
    """The table of each channel, the bin it is in, and the one it has just left.

    Columns: usual (N, BINS), mean values in the channel's unit, float32, in which the large steps of a bin are not lost; day
    (N, BINS), the day after the one on which it was last moved, counted from the epoch until 2149, 0 for never; bin (N,),
    bins since the epoch; total and taken (N,), sum and number of the readings in it; left_bin and left_mean (N,), the bin
    before, -1 for none.
    """

    usual: NDArray[np.float32]
    day: NDArray[np.uint16]
    bin: NDArray[np.int32]
    total: Floats
    taken: NDArray[np.int32]
    left_bin: NDArray[np.int32]
    left_mean: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "usual": ((BINS,), np.float32, 0.0),
                "day": ((BINS,), np.uint16, 0),
                "bin": ((), np.int32, -1),
                "total": ((), np.float64, 0.0),
                "taken": ((), np.int32, 0),
                "left_bin": ((), np.int32, -1),
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
        share = (place - before * BIN_US) / BIN_US
        day = before // BINS
        early = before - day * BINS  # quicker than a remainder, which numpy finds number by number
        turns = early == BINS - 1
        late = np.where(turns, 0, early + 1)
        early_weight = (1.0 - share) * _recent(block.day[slots, early], day)
        late_weight = share * _recent(block.day[slots, late], day + turns)
        weight = early_weight + late_weight
        known = weight >= LEAST_WEIGHT
        value = early_weight * block.usual[slots, early] + late_weight * block.usual[slots, late]
        return np.where(known, value / np.maximum(weight, LEAST_WEIGHT), 0.0), known

    def learn(self, slots: Slots, at_us: Times, values: Floats, trusted: Mask) -> None:
        """Take values (B,) in, those of `trusted` rows alone.

        A bin enters the table when the next but one begins: until then its neighbours still need yesterday's value.
        """
        block = self.block
        current = at_us // BIN_US
        moved = (current != block.bin[slots]).nonzero()[0]
        if len(moved):
            movers = slots[moved]
            self._enter(movers)
            block.bin[movers], block.total[movers], block.taken[movers] = current[moved], 0.0, 0
        block.total[slots] += np.where(trusted, values, 0.0)
        block.taken[slots] += trusted

    def _enter(self, slots: Slots) -> None:
        """Enter the bins left before into the table, and note the bins being left."""
        block = self.block
        entering = slots[block.left_bin[slots] >= 0]
        bins, mean = block.left_bin[entering], block.left_mean[entering]
        day, place = bins // BINS, (entering, bins % BINS)
        usual, visited = block.usual[place], _recent(block.day[place], day)
        block.usual[place] = np.where(visited, usual + NEWEST_SHARE * (mean - usual), mean).clip(-LARGEST, LARGEST)
        block.day[place] = day + 1
        taken = block.taken[slots]
        block.left_bin[slots] = np.where(taken > 0, block.bin[slots], -1)
        block.left_mean[slots] = block.total[slots] / np.maximum(taken, 1)


def _recent(visited: NDArray[np.uint16], day: Times | NDArray[np.int32]) -> Mask:
    """Return which bins, as `day` of the block has them, were visited in the last days before these. Shapes: (B,) each."""
    return (visited > 0) & (day + 1 - visited <= OLDEST_DAYS)
