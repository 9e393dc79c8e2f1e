"""Per-channel location and scale, and the features the network sees.

In: rows' values and times. Out: feature rows before the value is looked at, and the updated statistics after.
Training uses this very code, so that the network meets in service what it met in training.
"""

from dataclasses import dataclass

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

PERIODS_S = np.array([DAY_S, WEEK_S])
"""Whose clocks the network sees."""


@dataclass(frozen=True, eq=False, slots=True)
class Scales:
    """What is known of the channels of rows before their values. Shapes: (B,), names and units as in `ScaleBlock`."""

    count: NDArray[np.int64]
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
        return Scales(count, location, last, last_step, cadence_s, np.maximum(deviation, floor), unit)

    def update(self, slots: Slots, values: Floats, gap_s: Floats, trust: Floats | float = 1.0) -> None:
        """Learn from the arrived values, from 0 not at all to 1 in full as each is trusted.

        Shapes: slots, values, gap_s, trust (B,); gap_s is 0 at a channel's first reading.
        Source: winsorised exponential means; the rate is 1/n at first, then 1 - exp(-gap/memory).
        """
        known, stated = self.of(slots), self.cadence_stated[slots]
        count, last = known.count, known.last
        first, settled = count == 0, count > WINSOR_AFTER
        cadence = np.where((count <= 1) & ~stated, gap_s, known.cadence_s)
        gap_s = np.minimum(gap_s, 10.0 * cadence)  # one reading after a long silence is still one reading
        rate = trust * np.maximum(1.0 / (count + 1), -np.expm1(-gap_s / self.memory_s))
        location = np.where(first, values, known.location)
        spread, step, unit = self.deviation[slots], self.step[slots], known.unit
        away, change = values - location, np.where(first, 0.0, values - last)
        limited = settled & (spread > 0.0)
        farthest, size, stride = 8.0 * spread, np.abs(away), np.abs(change)
        pull = np.where(limited, away.clip(-farthest, farthest), away)
        size = np.where(limited, np.minimum(size, 6.0 * spread), size)
        stride = np.where(settled & (step > 0.0), np.minimum(stride, 8.0 * step), stride)
        self.location[slots] = location + rate * pull
        self.deviation[slots] = spread + rate * (size - spread)
        self.step[slots] = step + rate * (stride - step)
        learnt = cadence + np.maximum(rate, 0.02) * (gap_s - cadence)
        self.cadence_s[slots] = np.where(stated, cadence, learnt)
        self.last_step[slots] = np.where(first, 0.0, np.arcsinh(change / unit))
        self.last[slots] = values
        self.count[slots] = count + 1


def features(scales: Scales, gap_s: Floats, at_us: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return what the network sees before the arriving value: the past, and the arriving moment.

    Shapes: gap_s (B,) seconds since the last reading, at_us (B,) event time; returns (B, F) float32.
    """
    rows = np.empty((len(gap_s), FEATURES), dtype=np.float64)
    rows[:, 0] = np.arcsinh((scales.last - scales.location) / scales.spread)
    rows[:, 1] = scales.last_step
    rows[:, 2] = 0.5 * np.log(scales.unit / scales.spread).clip(-4.0, 2.0)
    rows[:, 3] = np.abs(scales.last_step) < 1e-6
    timed, known = scales.cadence_s >= FASTEST_CLOCK_S, scales.cadence_s > 0.0
    angles = (2.0 * np.pi / PERIODS_S) * np.mod((at_us / MICROSECONDS)[:, None], PERIODS_S)  # (B, 2): day, week
    rows[:, 4:8:2], rows[:, 5:8:2] = np.sin(angles) * timed[:, None], np.cos(angles) * timed[:, None]
    cadences = np.log(np.maximum(gap_s, 1e-6) / np.where(known, scales.cadence_s, 1.0))
    rows[:, 8] = np.where(known, 0.5 * cadences.clip(-2.0, 4.0), 0.0)
    return rows.astype(np.float32)


def _floor(location: Floats, last: Floats) -> Floats:
    """Return the smallest scales beside which nothing is rounding. Shapes: (B,)."""
    return RELATIVE_FLOOR * np.maximum(np.abs(location), np.abs(last)) + ABSOLUTE_FLOOR
