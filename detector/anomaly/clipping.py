"""The clipping rule: readings that pile up at the day's highest or lowest value, as if there were a wall.

In: `Rows` and how often each channel speaks. Out: how strong the pile of each row is, 1.0 being too much, and on
which side. Unlike a run of equal values, a pile may have gaps: a noisy value under a ceiling comes and goes. Channels
that rest at an extreme, or count in whole numbers, have their habit from earlier days.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.rows import Floats, Rows, Slots

DAY = 86_400 * MICROSECONDS

WATCHED_DAYS = 7
"""Finished days that make a habit: a week has seen a weekend."""

HIGHEST_PILES = 3.0
"""A pile is too much at so many times the largest of an earlier day."""

FEWEST = 12.0
"""Readings without which no pile is too much."""

MEMORY_DAYS = 56.0
"""Days over which the largest pile fades."""

COUNTED_GAP = 3.0
"""Cadences that one reading counts for at the most."""

SIDES = np.array([1.0, -1.0])


class ClippingBlock(Block):
    """Columns (N,): day, the number of the present one; days, finished, -1 before the first reading.

    Columns (N, 2), for the top and the bottom: extreme of the day, its sign turned at the bottom; pile_s, the time
    spent there; day_s, the day's largest pile; most_s, the largest pile of earlier days.
    """

    day: NDArray[np.int64]
    days: NDArray[np.int64]
    extreme: Floats
    pile_s: Floats
    day_s: Floats
    most_s: Floats

    def __init__(self) -> None:
        """Start without rows."""
        piles = dict.fromkeys(("pile_s", "day_s", "most_s"), ((2,), np.float64, 0.0))
        days = dict.fromkeys(("day", "days"), ((), np.int64, -1))
        super().__init__({**days, "extreme": ((2,), np.float64, -np.inf), **piles})


class ClippingRule:
    """Piles at the extremes of every channel's day against its own habit."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = ClippingBlock()

    def step(self, rows: Rows, cadence_s: Floats) -> tuple[Floats, NDArray[np.int8]]:
        """Add to the piles; return how strong the larger one is, and its side: 1 the top, -1 the bottom. Shapes: (B,)."""
        block, slots = self.block, rows.slots
        least_s = FEWEST * np.maximum(cadence_s, 1e-3)
        day = rows.at_us // DAY
        new = day != block.day[slots]
        if new.any():
            self._finish_day(slots[new], day[new], least_s[new])
        value = rows.values[:, None] * SIDES
        counted_s = np.minimum(rows.gap_s, COUNTED_GAP * cadence_s)[:, None]
        extreme = block.extreme.take(slots, axis=0)
        there, beyond = value == extreme, value > extreme
        pile_s = np.where(beyond, 0.0, block.pile_s.take(slots, axis=0) + np.where(there, counted_s, 0.0))
        block.pile_s[slots] = pile_s
        block.day_s[slots] = np.maximum(block.day_s.take(slots, axis=0), pile_s)
        block.extreme[slots] = np.maximum(extreme, value)
        strength = pile_s / self._limit_s(slots, least_s)
        top, bottom = strength[:, 0], strength[:, 1]
        known = block.days[slots] >= WATCHED_DAYS
        return np.where(known, np.maximum(top, bottom), 0.0), np.where(top >= bottom, 1, -1).astype(np.int8)

    def _limit_s(self, slots: Slots, least_s: Floats) -> Floats:
        """Return the time at an extreme that is too much. Shape (B, 2)."""
        return np.maximum(HIGHEST_PILES * self.block.most_s.take(slots, axis=0), least_s[:, None])

    def _finish_day(self, slots: Slots, day: NDArray[np.int64], least_s: Floats) -> None:
        """Count the day's piles into the habit, one that was too much as its limit only; start the new day."""
        block = self.block
        known = block.days[slots, None] >= WATCHED_DAYS
        day_s = block.day_s.take(slots, axis=0)
        pile_s = np.where(known, np.minimum(day_s, self._limit_s(slots, least_s)), day_s)
        faded = np.exp(np.minimum(block.day[slots] - day, 0) / MEMORY_DAYS)[:, None]
        block.most_s[slots] = np.maximum(pile_s, faded * block.most_s.take(slots, axis=0))
        block.days[slots] += 1
        block.day[slots], block.extreme[slots] = day, -np.inf
        block.pile_s[slots] = block.day_s[slots] = 0.0
