"""What a channel usually reads at this hour of such a day.

In: rows. Out: the value that habit expects of each, in the channel's unit; `learn` moves the habit.
Weekdays and the days of the weekend have habits of their own, in hours of UTC; an hour that one of them has not seen
yet is taken from the other.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows

HOUR_S = 3600.0
HOURS = 24
KINDS_OF_DAY = 2

SATURDAY, SUNDAY = 2, 3
"""Days since 1970-01-01, a Thursday, modulo 7."""


class HabitBlock(Block):
    """Columns (N, 48): level, in the channel's unit; seen, a count of readings."""

    level: Floats
    seen: NDArray[np.int32]

    def __init__(self) -> None:
        """Start without rows."""
        hours = (KINDS_OF_DAY * HOURS,)
        super().__init__({"level": (hours, np.float64, 0.0), "seen": (hours, np.int32, 0)})


class Habit:
    """Every channel's profile of the day."""

    def __init__(self, memory_s: float) -> None:
        """Forget with time constant `memory_s`, of which every hour of the day has its share."""
        self._hour_memory_s = memory_s / HOURS
        self.block = HabitBlock()

    def expected(self, rows: Rows, usual: Floats) -> Floats:
        """Return what habit expects of each row, and `usual` (B,) where it knows nothing. Shape (B,)."""
        block, slots = self.block, rows.slots
        hour, other = _hours(rows.at_us)
        borrowed = np.where(block.seen[slots, other] > 0, block.level[slots, other], usual)
        return np.where(block.seen[slots, hour] > 0, block.level[slots, hour], borrowed)

    def learn(self, rows: Rows, expected: Floats, away: Floats, known: Mask) -> None:
        """Move the habit of this hour from `expected` towards readings `away` from it, where `known`. Shapes: (B,)."""
        block, slots = self.block, rows.slots
        hour, _ = _hours(rows.at_us)
        seen = block.seen[slots, hour]
        rate = np.maximum(1.0 / (seen + 1), -np.expm1(-np.minimum(rows.gap_s, HOUR_S) / self._hour_memory_s))
        block.level[slots, hour] = np.where(known, expected + rate * away, block.level[slots, hour])
        block.seen[slots, hour] = seen + known


def _hours(at_us: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of this hour of this kind of day, and of the same hour of the other kind."""
    hours = at_us // round(HOUR_S * MICROSECONDS)
    day = hours // HOURS % 7
    hour = hours % HOURS + HOURS * ((day == SATURDAY) | (day == SUNDAY))
    return hour, (hour + HOURS) % (KINDS_OF_DAY * HOURS)
