"""Per-channel location and scale, and the features the network sees.

In: rows' values and times. Out: feature rows before the value is looked at, and the updated statistics after.
Training uses this very code, so that the network meets in service what it met in training.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.slots import Slot

Floats = NDArray[np.float64]
Slots = NDArray[np.intp]
Mask = NDArray[np.bool_]

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

DAY_S, WEEK_S = 86_400.0, 604_800.0


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

    def state_cadence(self, slot: Slot, cadence_s: float | None) -> None:
        """Hold a channel to the cadence that the operator states, seconds; None learns it."""
        self.cadence_stated[slot] = cadence_s is not None
        if cadence_s is not None:
            self.cadence_s[slot] = cadence_s

    def floor(self, slots: Slots) -> Floats:
        """Return the smallest scale that is signal and not rounding. Shape (B,), the channel's unit."""
        size = np.maximum(np.abs(self.location[slots]), np.abs(self.last[slots]))
        return RELATIVE_FLOOR * size + ABSOLUTE_FLOOR

    def spread(self, slots: Slots) -> Floats:
        """Return the mean absolute deviation, never zero. Shape (B,), the channel's unit."""
        return np.maximum(self.deviation[slots], self.floor(slots))

    def unit(self, slots: Slots) -> Floats:
        """Return the step unit c = max(d, 0.03 s), in which differences are forecast. Shape (B,)."""
        return np.maximum(np.maximum(self.step[slots], STEP_FLOOR * self.deviation[slots]), self.floor(slots))

    def features(self, slots: Slots, gap_s: Floats, at_us: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return what the network sees before the arriving value: the past, and the arriving moment.

        Shapes: slots (B,), gap_s (B,) seconds since the last reading, at_us (B,) event time; returns (B, F) float32.
        """
        spread, unit, cadence = self.spread(slots), self.unit(slots), self.cadence_s[slots]
        rows = np.empty((len(slots), FEATURES), dtype=np.float64)
        rows[:, 0] = np.arcsinh((self.last[slots] - self.location[slots]) / spread)
        rows[:, 1] = self.last_step[slots]
        rows[:, 2] = 0.5 * np.clip(np.log(unit / spread), -4.0, 2.0)
        rows[:, 3] = np.abs(self.last_step[slots]) < 1e-6
        seconds = at_us / MICROSECONDS
        timed = cadence >= FASTEST_CLOCK_S
        for column, period in ((4, DAY_S), (6, WEEK_S)):
            angle = (2.0 * np.pi / period) * np.mod(seconds, period)
            rows[:, column], rows[:, column + 1] = np.sin(angle) * timed, np.cos(angle) * timed
        known = cadence > 0.0
        rows[:, 8] = np.where(
            known, 0.5 * np.clip(np.log(np.maximum(gap_s, 1e-6) / np.where(known, cadence, 1.0)), -2.0, 4.0), 0.0
        )
        return rows.astype(np.float32)

    def update(self, slots: Slots, values: Floats, gap_s: Floats, trust: Floats | float = 1.0) -> None:
        """Learn from the arrived values, from 0 not at all to 1 in full as each is trusted.

        Shapes: slots, values, gap_s, trust (B,); gap_s is 0 at a channel's first reading.
        Source: winsorised exponential means; the rate is 1/n at first, then 1 - exp(-gap/memory).
        """
        count, last = self.count[slots], self.last[slots]
        first, settled = count == 0, count > WINSOR_AFTER
        stated = self.cadence_stated[slots]
        cadence = np.where((count <= 1) & ~stated, gap_s, self.cadence_s[slots])
        gap_s = np.minimum(gap_s, 10.0 * cadence)  # one reading after a long silence is still one reading
        rate = trust * np.maximum(1.0 / (count + 1), -np.expm1(-gap_s / self.memory_s))
        location = np.where(first, values, self.location[slots])
        spread, step, unit = self.deviation[slots], self.step[slots], self.unit(slots)
        away, change = values - location, np.where(first, 0.0, values - last)
        limited = settled & (spread > 0.0)
        pull = np.where(limited, np.clip(away, -8.0 * spread, 8.0 * spread), away)
        size = np.where(limited, np.minimum(np.abs(away), 6.0 * spread), np.abs(away))
        stride = np.where(settled & (step > 0.0), np.minimum(np.abs(change), 8.0 * step), np.abs(change))
        self.location[slots] = location + rate * pull
        self.deviation[slots] = spread + rate * (size - spread)
        self.step[slots] = step + rate * (stride - step)
        learnt = cadence + np.maximum(rate, 0.02) * (gap_s - cadence)
        self.cadence_s[slots] = np.where(stated, cadence, learnt)
        self.last_step[slots] = np.where(first, 0.0, np.arcsinh(change / unit))
        self.last[slots] = values
        self.count[slots] = count + 1
