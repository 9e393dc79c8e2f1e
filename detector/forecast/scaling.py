"""Per-channel location and scale, and the features the network sees.

In: rows' values and times. Out: feature rows before the value is looked at, and the updated statistics after.
Training uses this very code, so that the network meets in service what it met in training.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import DAY_US, Floats, Mask, Slots, learning_rate, plain_rate, turns_of
from detector.state.slots import Slot

FEATURES = 9
"""Width of a feature row: level, last step, log ratio of scales, unchanged, day (2), week (2), gap."""

DAY_CLOCK = slice(4, 6)
"""Columns of a feature row: sine and cosine of the time of day."""

STEP_FLOOR = 0.03
"""The step unit is at least this share of the mean deviation, so that a quantised channel has a unit."""

RELATIVE_FLOOR = 1e-9
"""Scales below this share of the location are rounding, not signal."""

ABSOLUTE_FLOOR = 1e-30
"""Keeps divisions defined for a channel that has only ever been zero."""

WINSOR_AFTER = 30
"""Readings after which an outlier's pull on the scales is limited."""

FASTEST_CLOCK_S = 20.0
"""Below this cadence the clock features are zero: minutes of data tell nothing of days."""

WEEK_US = 7 * DAY_US


@dataclass(frozen=True, eq=False, slots=True)
class Scales:
    """What is known of the channels of rows before their values. Shapes: (B,), names and units as in `ScaleBlock`."""

    count: NDArray[np.int64]
    plain: Floats
    """How far a plain mean of so many moves to the next."""
    location: Floats
    last: Floats
    last_step: Floats
    cadence_s: Floats
    spread: Floats
    """The mean absolute deviation, never zero."""
    unit: Floats
    """The step unit c = max(d, 0.03 s), in which differences are forecast; never zero."""


class ScaleBlock(Block):
    """Running statistics of each channel, winsorised, forgetting in wall-clock time.

    Columns (N,): count of readings; location, deviation (mean absolute) and step (mean absolute difference),
    in the channel's unit; last value; last_step, the asinh of the last difference in step units; cadence_s,
    and whether it was stated by the operator.
    """

    count: NDArray[np.int64]
    location: Floats
    deviation: Floats
    step: Floats
    last: Floats
    last_step: Floats
    cadence_s: Floats
    cadence_stated: Mask

    def __init__(self, memory_s: float) -> None:
        """Start without rows; statistics forget with time constant `memory_s`."""
        self.memory_s = memory_s
        names = ("location", "deviation", "step", "last", "last_step", "cadence_s")
        super().__init__(
            {
                "count": ((), np.int64, 0),
                "cadence_stated": ((), np.bool_, 0),
                **dict.fromkeys(names, ((), np.float64, 0.0)),
            }
        )

    def state_cadence(self, slots: Slots | Slot, cadence_s: float | None) -> None:
        """Hold channels to the cadence that the operator states, seconds; None learns it."""
        self.cadence_stated[slots] = cadence_s is not None
        if cadence_s is not None:
            self.cadence_s[slots] = cadence_s

    def floor(self, slots: Slots) -> Floats:
        """Return the smallest scale that is signal and not rounding. Shape (B,), the channel's unit."""
        return _floor(self.location[slots], self.last[slots])

    def of(self, slots: Slots) -> Scales:
        """Return what is known of channels (B,)."""
        location, last, deviation = self.location[slots], self.last[slots], self.deviation[slots]
        floor = _floor(location, last)
        unit = np.maximum(np.maximum(self.step[slots], STEP_FLOOR * deviation), floor)
        count, last_step, cadence_s = self.count[slots], self.last_step[slots], self.cadence_s[slots]
        return Scales(
            count, plain_rate(count), location, last, last_step, cadence_s, np.maximum(deviation, floor), unit
        )

    def update(
        self, slots: Slots, values: Floats, gap_s: Floats, trust: Floats | float = 1.0, known: Scales | None = None
    ) -> None:
        """Learn from the arrived values, from 0 not at all to 1 in full as each is trusted.

        Shapes: slots, values, gap_s, trust (B,); gap_s is 0 at a channel's first reading; `known` is what `of` says, where
        somebody has asked already.
        Source: winsorised exponential means; the rate is 1/n at first, then 1 - exp(-gap/memory).
        """
        known, stated = known or self.of(slots), self.cadence_stated[slots]
        count = known.count
        first, settled = count == 0, count > WINSOR_AFTER
        cadence = np.where((count <= 1) & ~stated, gap_s, known.cadence_s)
        gap_s = np.minimum(gap_s, 10.0 * cadence)  # one reading after a long silence is still one reading
        rate = trust * learning_rate(known.plain, gap_s, self.memory_s)
        location, last = known.location, known.last
        if np.count_nonzero(first):
            location, last = np.where(first, values, (location, last))
        spread, step = self.deviation[slots], self.step[slots]
        away, change = values - location, values - last
        spread_limit = np.where(settled & (spread > 0.0), spread, np.inf)
        step_limit = np.where(settled & (step > 0.0), step, np.inf)
        farthest = 8.0 * spread_limit
        size, stride = np.minimum(np.abs(away), 6.0 * spread_limit), np.minimum(np.abs(change), 8.0 * step_limit)
        self.location[slots] = location + rate * away.clip(-farthest, farthest)
        self.deviation[slots] = spread + rate * (size - spread)
        self.step[slots] = step + rate * (stride - step)
        learnt = cadence + np.maximum(rate, 0.02) * (gap_s - cadence)
        self.cadence_s[slots] = np.where(stated, cadence, learnt)
        self.last_step[slots] = np.arcsinh(change / known.unit)
        self.last[slots] = values
        self.count[slots] = count + 1


def features(
    scales: Scales, gap_s: Floats, at_us: NDArray[np.int64], day: tuple[Floats, Floats] | None = None
) -> NDArray[np.float32]:
    """Return what the network sees before the arriving value: the past, and the arriving moment.

    Shapes: gap_s (B,) seconds since the last reading, at_us (B,) event time; returns (B, F) float32. `day` is sine and
    cosine of the time of day, where somebody has asked for them already.
    """
    rows = np.empty((FEATURES, len(gap_s)), np.float32)
    rows[0] = np.arcsinh((scales.last - scales.location) / scales.spread)
    rows[1] = scales.last_step
    rows[2] = 0.5 * np.log(scales.unit / scales.spread).clip(-4.0, 2.0)
    rows[3] = np.abs(scales.last_step) < 1e-6
    timed, known = scales.cadence_s >= FASTEST_CLOCK_S, scales.cadence_s > 0.0
    rows[4], rows[5] = day or turns_of(at_us, DAY_US)
    rows[6], rows[7] = turns_of(at_us, WEEK_US)
    rows[4:8] *= timed
    cadences = np.log(np.maximum(gap_s, 1e-6) / np.where(known, scales.cadence_s, 1.0))
    rows[8] = np.where(known, 0.5 * cadences.clip(-2.0, 4.0), 0.0)
    return rows.T


def _floor(location: Floats, last: Floats) -> Floats:
    """Return the smallest scales beside which nothing is rounding. Shapes: (B,)."""
    return RELATIVE_FLOOR * np.maximum(np.abs(location), np.abs(last)) + ABSOLUTE_FLOOR
