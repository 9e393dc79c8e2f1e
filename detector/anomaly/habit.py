"""What a channel usually reads at this hour of such a day.

In: rows. Out: the value that habit expects of each, in the channel's unit; `learn` moves the habit.
Weekdays and the days of the weekend have habits of their own, in hours of UTC; an hour that one of them has not seen
yet is taken from the other.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import HOUR_US, HOURS, Floats, Mask, Rows

HOUR_S = 3600.0
KINDS_OF_DAY = 2
DAY_US = HOURS * HOUR_US

NEVER = 2.0**62
"""No reading yet, in microseconds: no moment is a day later than that."""

SATURDAY, SUNDAY = 2, 3
"""Days since 1970-01-01, a Thursday, modulo 7."""


def learning_rate(seen: NDArray[np.integer[Any]], gap_s: Floats, memory_s: float) -> Floats:
    """Return how far a mean of `seen` readings moves to the next, `gap_s` after the last: 1/n at first. Shapes: (B,)."""
    return np.maximum(1.0 / (seen + 1), -np.expm1(-gap_s / memory_s))


class HabitBlock(Block):
    """Columns (N, 48): level, in the channel's unit; seen, a count of readings. Column (N,): since_us, the first of all."""

    level: Floats
    seen: NDArray[np.int32]
    since_us: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        hours = (KINDS_OF_DAY * HOURS,)
        super().__init__(
            {"level": (hours, np.float64, 0.0), "seen": (hours, np.int32, 0), "since_us": ((), np.int64, NEVER)}
        )


class Habit:
    """Every channel's profile of the day."""

    def __init__(self, memory_s: float) -> None:
        """Forget with time constant `memory_s`, of which every hour of the day has its share."""
        self._hour_memory_s = memory_s / HOURS
        self.block = HabitBlock()

    def expected(self, rows: Rows, usual: Floats) -> Floats:
        """Return what habit expects of each row, and `usual` (B,) where it knows nothing. Shape (B,).

        What was read earlier in a channel's first day is no habit.
        """
        block, slots, hour = self.block, rows.slots, _hours(rows)
        other = (hour + HOURS) % (KINDS_OF_DAY * HOURS)
        borrowed = np.where(block.seen[slots, other] > 0, block.level[slots, other], usual)
        habitual = np.where(block.seen[slots, hour] > 0, block.level[slots, hour], borrowed)
        return np.where(rows.at_us - block.since_us[slots] >= DAY_US, habitual, usual)

    def learn(self, rows: Rows, values: Floats, known: Mask) -> None:
        """Move the habit of this hour towards `values` (B,), the rows' own as far as they are believed, where `known`."""
        block, slots, hour = self.block, rows.slots, _hours(rows)
        seen, level = block.seen[slots, hour], block.level[slots, hour]
        rate = learning_rate(seen, np.minimum(rows.gap_s, HOUR_S), self._hour_memory_s)
        block.level[slots, hour] = np.where(known, level + rate * (values - level), level)
        block.seen[slots, hour] = seen + known
        new = known & (block.since_us[slots] == NEVER)
        if new.any():
            block.since_us[slots[new]] = rows.at_us[new]


def _hours(rows: Rows) -> NDArray[np.int64]:
    """Return the places (B,) of these hours of their kinds of day."""
    day = rows.at_us // DAY_US % 7
    hour: NDArray[np.int64] = rows.hour + HOURS * ((day == SATURDAY) | (day == SUNDAY))
    return hour
