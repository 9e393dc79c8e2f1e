"""Shifts: a level that jumps from one reading to the next and stays, where such jumps are not of the place or the moment.

In: `Rows`, their `Jolt`, the bends that are usual at this moment. Out: how much the last three readings stand apart from the
three before them, for the kind `level_shift`: told two readings late, since a shift is known by its staying.
Its axis: the log of the empty band between them, in usual bends. A swing or a ramp leaves hardly any, however steep:
what the readings wander on either side is taken off. A spike and noise leave none at all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.jolts import FARTHEST_CADENCES, Jolt
from detector.anomaly.opinion import Opinion
from detector.state.block import Block
from detector.state.rows import HOURS, Floats, Mask, Rows

SIDE = 3
"""Readings on either side."""

KEPT = 2 * SIDE - 1

LEAST = 2.0
"""Usual bends that are no shift at all."""

FADES = 0.8
"""What a day leaves of the largest shift of an hour."""

HABIT = 0.25
"""Of the largest shift of an hour that is usual there."""

YOUNG_H = 24.0
"""Hours heard at which what is usual still counts double."""

MOST = 1e6
"""Usual bends beyond which a shift says nothing more."""


class ShiftBlock(Block):
    """What each channel remembers.

    Columns (N, KEPT), oldest first: values, of the last readings; gaps_s, the time since the one before each, inf before there
    were any. (N, HOURS): largest, the largest shift of that hour of the day, fading day by day. (N,): hour, the last one.
    """

    values: Floats
    gaps_s: Floats
    largest: NDArray[np.float32]
    hour: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({"values": ((KEPT,), np.float64, 0.0), "gaps_s": ((KEPT,), np.float64, np.inf), "largest": ((HOURS,), np.float32, 0.0), "hour": ((), np.int64, -1)})


@dataclass(frozen=True, eq=False, slots=True)
class ShiftView:
    """How much of a shift the last readings of each row were. Shapes: (B,)."""

    opinion: Opinion
    """Its deviation is the way from the mean level before to the one after, in the channel's unit, with its sign."""
    values: Floats
    """The last readings, this one included. Shape (B, KEPT + 1)."""
    gaps_s: Floats
    hour: NDArray[np.int64]
    largest: Floats
    """The largest shift of this hour, this one included."""
    moving: Floats
    """How strange the way is, shift or ramp, on the same axis."""


class Shifts:
    """Compares every channel's last three readings with the three before them."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = ShiftBlock()

    def view(self, rows: Rows, jolt: Jolt, cadence_s: Floats, usual: Floats, known: Mask) -> ShiftView:
        """Return the strangeness of every row's last readings, before anything is learnt.

        usual, bends that are usual at this moment, and known, where they are: (B,).
        """
        block, slots = self.block, rows.slots
        values = np.column_stack([block.values.take(slots, axis=0), rows.values])
        gaps_s = np.column_stack([block.gaps_s.take(slots, axis=0), rows.gap_s])
        before, after = values[:, :SIDE], values[:, SIDE:]
        lowest, highest = (side(values.reshape(len(values), 2, SIDE), axis=2) for side in (np.min, np.max))
        between = np.maximum(lowest[:, 1] - highest[:, 0], lowest[:, 0] - highest[:, 1])
        empty = np.maximum(between - (highest - lowest).sum(axis=1), 0.0)
        cadence_s = np.maximum(cadence_s, np.finfo(float).tiny)
        apart = gaps_s[:, SIDE] / cadence_s
        near = (apart <= FARTHEST_CADENCES) & (gaps_s[:, 1:].sum(axis=1) <= KEPT * FARTHEST_CADENCES * cadence_s)
        size = np.where(near, empty / np.sqrt(np.maximum(np.where(near, apart, 1.0), 1.0)), 0.0)
        hour = rows.hour
        before_now = np.where(hour == block.hour[slots], 1.0, FADES) * block.largest[slots, hour]
        near_by = np.maximum(block.largest[slots, hour - 1], block.largest[slots, (hour + 1) % HOURS])
        habit = HABIT * np.maximum(before_now, near_by)
        doubt = 1.0 + (YOUNG_H / np.maximum(jolt.heard_h, 1.0))**2
        usual = np.maximum(usual, jolt.in_units(habit, MOST)) * doubt
        beyond = jolt.in_units(size, MOST) / usual - LEAST
        way = after.mean(axis=1) - before.mean(axis=1)
        moving = np.where(known & near, np.log1p(np.maximum(jolt.in_units(np.abs(way), MOST) / usual - LEAST, 0.0)), 0.0)
        strangeness = np.where(known & near, np.log1p(np.maximum(beyond, 0.0)), 0.0)
        opinion = Opinion(strangeness, known, way)
        return ShiftView(opinion, values, gaps_s, hour, np.maximum(before_now, np.where(known, size, 0.0)), moving)

    def learn(self, rows: Rows, view: ShiftView) -> None:
        """Take the rows in."""
        block, slots = self.block, rows.slots
        block.values[slots], block.gaps_s[slots] = view.values[:, 1:], view.gaps_s[:, 1:]
        block.largest[slots, view.hour], block.hour[slots] = view.largest, view.hour
