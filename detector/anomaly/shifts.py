"""Shifts: a level that jumps from one reading to the next and stays, where such jumps are not of the place or the moment.

In: `Rows`, their `Jolt`, the bends that are usual at this moment. Out: how far the last three readings stand apart from
the three before them, for the kind `level_shift`: told two readings late, since a shift is known by its staying.
Its axis: the log of the empty band between them, in usual bends. A swing or a ramp leaves hardly any, however steep, as
what the readings wander on either side is taken off; a spike and noise leave none.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.jolts import FARTHEST_CADENCES, Jolt
from detector.anomaly.opinion import Opinion
from detector.state.block import Block
from detector.state.rows import HOURS, LARGEST, Floats, Mask, Rows
from detector.state.wide import cells

SIDE = 3
"""Readings on either side."""

KEPT = 2 * SIDE - 1

LEAST = 2.0
"""Usual bends that are no shift at all."""

MOST = 1e6
"""Usual bends beyond which a shift says nothing more."""

YOUNG_H = 24.0
"""Hours heard at which usual bends count double, and before that ever more: no habit is known yet."""

HABIT = 0.25
"""Part of the largest shift around this hour of the day that is usual: one twice as large is strange by 1.9."""

NEXT_DAY = 0.8
"""What is left of the largest shift of an hour a day later."""

STAYS_S = 3 * 3600.0
"""Time over which a shift that stays fades."""


class ShiftBlock(Block):
    """What each channel remembers of its levels.

    Columns (N, KEPT), oldest first: values, of the last readings; gaps_s, the time since the one before each, inf where there
    was none. (N, HOURS): largest, the largest shift in that hour of the day, fading. (N,): hour, of the last reading; shown,
    how strange the level is that the channel went to, fading; way, how far it went, in the channel's unit.
    """

    values: Floats
    gaps_s: NDArray[np.float32]
    largest: NDArray[np.float32]
    hour: NDArray[np.int8]
    shown: Floats
    way: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "values": ((KEPT,), np.float64, 0.0),
                "gaps_s": ((KEPT,), np.float32, np.inf),
                "largest": ((HOURS,), np.float32, 0.0),
                "hour": ((), np.int8, 0),
                "shown": ((), np.float64, 0.0),
                "way": ((), np.float64, 0.0),
            }
        )


class ShiftView(NamedTuple):
    """How much of a shift the last readings of each row were. Shapes: (B,)."""

    opinion: Opinion
    """Its deviation is the way from the mean of the readings before to that of the ones after, in the channel's unit."""
    stays: Floats
    """How strange the level before this row still is, fading from the shift that led to it."""
    moving: Floats
    """How strange the way would be if it were a shift: what peers show when all of them ramp."""
    values: Floats
    """The last readings, this one included. Shape (KEPT + 1, B), and so the gaps."""
    gaps_s: Floats
    largest: Floats
    """The largest shift in this hour of the day, this one included."""


class Shifts:
    """Compares every channel's last three readings with the three before them."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = ShiftBlock()

    def view(self, rows: Rows, jolt: Jolt, usual: Floats, known: Mask) -> ShiftView:
        """Return the strangeness of every row's last readings, before anything is learnt.

        usual, bends that are usual at this moment, and known, where they are: (B,).
        """
        block, slots, cadence_s = self.block, rows.slots, jolt.cadence_s
        values, gaps_s = np.empty((KEPT + 1, len(slots))), np.empty((KEPT + 1, len(slots)))
        values[:-1], values[-1] = block.values.take(slots, axis=0).T, rows.values
        gaps_s[:-1], gaps_s[-1] = block.gaps_s.take(slots, axis=0).T, rows.gap_s
        far_s = FARTHEST_CADENCES * cadence_s
        known = known & (gaps_s[SIDE] <= far_s) & (gaps_s[1:].sum(axis=0) <= KEPT * far_s)
        stray = np.sqrt(np.maximum(np.where(known, gaps_s[SIDE], 0.0) / np.where(known, cadence_s, 1.0), 1.0))
        band, way = _apart(values)
        size = np.where(known, band / stray, 0.0)
        largest, around = self._largest(rows)
        doubt = 1.0 + (YOUNG_H / np.maximum(jolt.heard_h, 1.0)) ** 2
        usual = np.maximum(usual, jolt.in_units(HABIT * around, MOST)) * doubt
        shift, moving = (
            np.where(known, np.log1p(np.maximum(jolt.in_units(far, MOST) / usual - LEAST, 0.0)), 0.0)
            for far in (size, np.abs(way))
        )
        stays = block.shown[slots] * np.exp(rows.gap_s / -STAYS_S)
        opinion = Opinion(shift, known, way)
        return ShiftView(opinion, stays, moving, values, gaps_s, np.minimum(np.maximum(largest, size), LARGEST))

    def _largest(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the largest shift (B,) in each row's hour of the day, and in that hour or one beside it."""
        hour, place, of_hours = rows.hour, rows.slots * HOURS + rows.hour, cells(self.block.largest)
        kept = np.where(hour == self.block.hour[rows.slots], 1.0, NEXT_DAY)
        largest: Floats = kept * of_hours[place].astype(np.float64)
        before, after = place - 1 + HOURS * (hour == 0), place + 1 - HOURS * (hour == HOURS - 1)
        beside = np.maximum(of_hours[before], of_hours[after])
        return largest, np.maximum(largest, beside.astype(np.float64))

    def learn(self, rows: Rows, view: ShiftView, strangeness: Floats) -> None:
        """Take the rows in, and how strange their levels are by now (B,); a shift back ends what the one before began."""
        block, slots, shift = self.block, rows.slots, view.opinion
        block.values[slots], block.gaps_s[slots] = view.values[1:].T, view.gaps_s[1:].T
        cells(block.largest)[slots * HOURS + rows.hour], block.hour[slots] = view.largest, rows.hour
        way = block.way[slots]
        back = (shift.strangeness > 0.0) & (np.sign(shift.deviation) * way < 0.0)
        back &= 2.0 * np.abs(shift.deviation) >= np.abs(way)
        block.way[slots] = np.where(back, 0.0, np.where(strangeness > view.stays, shift.deviation, way))
        block.shown[slots] = np.where(back, 0.0, strangeness)


def _apart(values: Floats) -> tuple[Floats, Floats]:
    """Return the empty band between the two halves of readings (2 SIDE, B), less what each half wanders, and the way between their means.

    Shapes: (B,); the band is at least 0, the way has its sign.
    """
    halves = values.reshape(2, SIDE, -1)
    lowest, highest, mean = halves.min(axis=1), halves.max(axis=1), halves.sum(axis=1) / SIDE
    between = np.maximum(lowest[1] - highest[0], lowest[0] - highest[1])
    band: Floats = np.maximum(between - (highest - lowest).sum(axis=0), 0.0)
    return band, mean[1] - mean[0]
