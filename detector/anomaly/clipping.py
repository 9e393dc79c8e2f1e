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
from detector.state.wide import upright

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


class ClippingBlock(Block):
    """Columns (N,): day, the number of the present one; days, finished, -1 before the first reading.

    Columns (N, 2), for the top and the bottom: extreme of the day, its sign turned at the bottom; pile_s, the time
    spent there; day_s, the day's largest pile; most_s, the largest pile of earlier days.
    """

    day: NDArray[np.int32]
    days: NDArray[np.int16]
    extreme: Floats
    pile_s: Floats
    day_s: NDArray[np.float32]
    most_s: NDArray[np.float32]

    def __init__(self) -> None:
        """Start without rows."""
        days = {"day": ((), np.int32, -1), "days": ((), np.int16, -1)}
        piles = {"pile_s": ((2,), np.float64, 0.0), **dict.fromkeys(("day_s", "most_s"), ((2,), np.float32, 0.0))}
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
        new = (day != block.day[slots]).nonzero()[0]
        if len(new):
            self._finish_day(slots[new], day[new], least_s[new])
        value = np.array((rows.values, -rows.values))
        top, bottom = value >= upright(block.extreme.take(slots, axis=0))
        touched = (top | bottom).nonzero()[0]
        if len(touched):
            counted_s = np.minimum(rows.gap_s[touched], COUNTED_GAP * cadence_s[touched])
            self._pile(slots[touched], value[:, touched], counted_s)
        strength, side = np.zeros(len(slots)), np.ones(len(slots), np.int8)
        known = (block.days[slots] >= WATCHED_DAYS).nonzero()[0]
        if len(known):
            pile_s = upright(block.pile_s.take(slots[known], axis=0))
            above, below = pile_s / self._limit_s(slots[known], least_s[known])
            strength[known], side[known] = np.maximum(above, below), np.where(above >= below, 1, -1)
        return strength, side

    def _pile(self, slots: Slots, value: Floats, counted_s: Floats) -> None:
        """Add rows that reach or move an extreme to its pile; value, with its sign turned for the bottom: (2, C)."""
        block = self.block
        extreme, pile_s = upright(block.extreme.take(slots, axis=0)), upright(block.pile_s.take(slots, axis=0))
        pile_s = np.where(value > extreme, 0.0, pile_s + (value == extreme) * counted_s).T
        block.pile_s[slots] = pile_s
        block.day_s[slots] = np.maximum(block.day_s.take(slots, axis=0), pile_s)
        block.extreme[slots] = np.maximum(extreme, value).T

    def _limit_s(self, slots: Slots, least_s: Floats) -> Floats:
        """Return the time at an extreme that is too much. Shape (2, B)."""
        return np.maximum(HIGHEST_PILES * upright(self.block.most_s.take(slots, axis=0)), least_s)

    def _finish_day(self, slots: Slots, day: NDArray[np.int64], least_s: Floats) -> None:
        """Count the day's piles into the habit, one that was too much as its limit only; start the new day."""
        block = self.block
        known = block.days[slots, None] >= WATCHED_DAYS
        day_s = block.day_s.take(slots, axis=0)
        pile_s = np.where(known, np.minimum(day_s, self._limit_s(slots, least_s).T), day_s)
        faded = np.exp(np.minimum(block.day[slots] - day, 0) / MEMORY_DAYS)[:, None]
        block.most_s[slots] = np.maximum(pile_s, faded * block.most_s.take(slots, axis=0))
        block.days[slots] += 1
        block.day[slots], block.extreme[slots] = day, -np.inf
        block.pile_s[slots] = block.day_s[slots] = 0.0
