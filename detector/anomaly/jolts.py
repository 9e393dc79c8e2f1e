"""Jolts: how far a reading stands out from its two neighbours, told when the second one arrives.

In: `Rows`. Out: for each row, the bend and the jump and return of the reading *before* it, in the
channel's own usual bends. A smooth swing has next to none, however large; noise and spikes are nothing else.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Rows

HOUR_S = 3600.0

FARTHEST_CADENCES = 4.0
"""Neighbours further apart than this are not compared: a jump across a gap is nothing strange."""

LONGEST_CADENCES = 2.0
"""Cadences for which one reading may speak, and count: a single one after a gap is not an hour of evidence."""

CADENCE_SHARE = 0.02
"""Least share of the cadence that a reading takes. A failing link has gaps in a row; they are not a slow channel."""

SPAN_H = 1.0
"""Hours that are the moment: what is averaged over them is judged."""

SPAN_CADENCES = 12.0
"""Cadences that the moment spans at least: a mean of fewer readings would be chance."""

MEMORY_H = 48.0
"""Hours of motion over which the unit forgets."""

SETTLED = 20
"""Bends after which an outlier no longer moves the unit by its full size."""

ENOUGH = 100
"""Readings, and bends, beyond which their number makes no difference."""

OUTLIER = 6.0
"""Units that one bend may then count for."""

NOTHING = 1e-300
"""Divides nothing by nothing, which makes nothing."""

STRAIGHT = 1e-9
"""Bends smaller than this part of the jump are rounding."""


class JoltBlock(Block):
    """What each channel remembers of its last readings.

    Columns (N,): last and before, the last two values; gap_s, seconds between them; cadence_s, the usual gap; seen, readings,
    and bends, those that are not nothing, both counted to ENOUGH; unit, the mean size of bends; bent_h, their hours; heard_h,
    all hours that counted.
    """

    last: Floats
    before: Floats
    gap_s: NDArray[np.float32]
    cadence_s: NDArray[np.float32]
    seen: NDArray[np.int8]
    unit: Floats
    bends: NDArray[np.int8]
    bent_h: Floats
    heard_h: Floats

    def __init__(self) -> None:
        """Start without rows."""
        names = ("last", "before", "unit", "bent_h", "heard_h")
        gaps_s = dict.fromkeys(("gap_s", "cadence_s"), ((), np.float32, 0.0))
        counts = dict.fromkeys(("seen", "bends"), ((), np.int8, 0))
        super().__init__({**dict.fromkeys(names, ((), np.float64, 0.0)), **gaps_s, **counts})


class Jolt(NamedTuple):
    """What each row shows of the reading before it. Shapes: (B,)."""

    away: Floats
    """Distance of that reading from the line through its neighbours, in the channel's unit, with its sign."""
    size: Floats
    """The same without sign, as for neighbours one cadence apart."""
    back: Floats
    """The smaller of the jump and the return from it, likewise; 0 where the reading does not return."""
    unit: Floats
    """The channel's usual bend; 0 until it had one."""
    divisor: Floats
    """The same, but 1 until it had one."""
    weight_h: Floats
    """Hours for which this row speaks; 0 where it says nothing."""
    heard_h: Floats
    """Hours heard of this channel before."""
    moment: Floats
    """Share that this row takes of a mean over the last hour."""
    bends: NDArray[np.int8]
    """Bends before that were not nothing, counted to ENOUGH."""
    cadence_s: Floats
    """The usual gap before this row."""

    def in_units(self, size: Floats, most: float) -> Floats:
        """Return sizes (B,) in usual bends, cut at `most`; 0 where the channel has no unit yet."""
        return np.minimum(size, most * self.unit) / self.divisor


def share(weight_h: Floats, heard_h: Floats, memory_h: Floats | float) -> Floats:
    """Return the share (B,) of a mean that a row takes: of a plain mean at first, then of one that forgets in hours."""
    all_h = heard_h + weight_h
    return np.maximum(weight_h / np.maximum(all_h, NOTHING), -np.expm1(-weight_h / memory_h))


class Jolts:
    """Compares every channel's last three readings."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = JoltBlock()

    def view(self, rows: Rows) -> Jolt:
        """Return the jolt of every row, before anything is learnt."""
        block, slots = self.block, rows.slots
        cadence_s, heard_h = block.cadence_s[slots].astype(np.float64), block.heard_h[slots]
        last, before, first_s = block.last[slots], block.before[slots], block.gap_s[slots].astype(np.float64)
        both_s = np.maximum(first_s + rows.gap_s, NOTHING)
        apart_s = 2.0 * first_s * rows.gap_s / both_s
        speaks = (block.seen[slots] >= 2) & (apart_s > 0.0) & (apart_s <= FARTHEST_CADENCES * cadence_s)
        jump, drop = last - before, last - rows.values
        away = jump + (before - rows.values) * (first_s / both_s)
        up, down = np.abs(jump), np.abs(drop)
        away = np.where(np.abs(away) > STRAIGHT * (up + down), away, 0.0)
        back = np.where((jump > 0.0) == (drop > 0.0), np.minimum(up, down), 0.0)
        # what wanders strays with the root of the time between its readings
        stray = np.sqrt(np.maximum(apart_s / np.where(cadence_s > 0.0, cadence_s, 1.0), 1.0))
        weight_h = np.where(speaks, np.minimum(rows.gap_s, LONGEST_CADENCES * cadence_s) / HOUR_S, 0.0)
        unit = block.unit[slots]
        return Jolt(
            away=np.where(speaks, away, 0.0),
            size=np.where(speaks, np.abs(away) / stray, 0.0),
            back=np.where(speaks, back / stray, 0.0),
            unit=unit,
            divisor=np.where(unit > 0.0, unit, 1.0),
            weight_h=weight_h,
            heard_h=heard_h,
            moment=share(weight_h, heard_h, np.maximum(SPAN_H, SPAN_CADENCES * cadence_s / HOUR_S)),
            bends=block.bends[slots],
            cadence_s=cadence_s,
        )

    def learn(self, rows: Rows, jolt: Jolt) -> None:
        """Take the rows in: the unit moves by bends, slowly and hardly by outliers."""
        block, slots = self.block, rows.slots
        bent, bent_h = jolt.size > 0.0, block.bent_h[slots]
        weight_h = np.where(bent, jolt.weight_h, 0.0)
        size = np.where(jolt.bends >= SETTLED, np.minimum(jolt.size, OUTLIER * jolt.unit), jolt.size)
        block.unit[slots] = jolt.unit + share(weight_h, bent_h, MEMORY_H) * (size - jolt.unit)
        block.bent_h[slots], block.bends[slots] = bent_h + weight_h, np.minimum(jolt.bends + bent, ENOUGH)
        block.heard_h[slots] = jolt.heard_h + jolt.weight_h
        block.before[slots], block.last[slots] = block.last[slots], rows.values
        self._learn_cadence(rows, jolt.cadence_s)

    def _learn_cadence(self, rows: Rows, cadence_s: Floats) -> None:
        """Move the usual gap: the first one, then a mean that a long gap hardly lengthens."""
        block, slots = self.block, rows.slots
        seen = block.seen[slots]
        gap_s = np.where(seen > 1, np.minimum(rows.gap_s, LONGEST_CADENCES * cadence_s), rows.gap_s)
        block.cadence_s[slots] = cadence_s + np.maximum(1.0 / np.maximum(seen, 1), CADENCE_SHARE) * (gap_s - cadence_s)
        block.gap_s[slots] = rows.gap_s
        block.seen[slots] = np.minimum(seen + 1, ENOUGH)
