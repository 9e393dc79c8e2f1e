"""How large a lasting residual usually is on a channel, by hour of day.

In: residuals of several witnesses. Out: their means over a short and a long span, and each over its own habit.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.rows import Floats, Rows, Slots

SPANS_S = np.array([600.0, 7200.0])
"""Time over which residuals are averaged: a closed valve, a drift."""

YOUNG_SHARES = np.array([0.01, 1 / 30])
"""A young channel averages over these shares of its age instead, so that it looks at ten minutes as at weeks."""

HOUR_SHARE = 0.9
"""Share of the hour's own habit in the scale, once it is known."""

HOUR_S, HOUR_MEMORY_S = 3600.0, 10_800.0
"""Time after which an hour of day counts half; time within that hour over which its habit forgets: three days."""

MEMORY_S = 3 * 86_400.0
"""Time over which the habit of the whole day forgets."""

SETTLED = 64
"""Readings after which a large residual is held back from the habit."""

FARTHEST = 4.0
"""Habits that one residual may count for."""

MEAN_TO_SIGMA = 1.25
"""Standard deviation over mean absolute deviation of a Gaussian: sqrt(pi / 2)."""

UNSEEN, UNSEEN_S, UNSEEN_FROM_S = 3.0, 900.0, 7200.0
"""An hour of day never seen may be four times as wild, less the more of it was seen; from an age of two hours on."""


class HabitBlock(Block):
    """What each channel's habits are, for W witnesses and S spans.

    Columns: mean (N, W, S), of the residuals; usual (N, W, S), mean size of `mean`; by_hour (N, 24, W, S), the same
    within an hour of day; heard_s (N, 24), time spent there.
    """

    mean: Floats
    usual: Floats
    by_hour: NDArray[np.float32]
    heard_s: NDArray[np.float32]

    def __init__(self, witnesses: int) -> None:
        """Start without rows."""
        shape = (witnesses, len(SPANS_S))
        super().__init__(
            {
                "mean": (shape, np.float64, 0.0),
                "usual": (shape, np.float64, 0.0),
                "by_hour": ((24, *shape), np.float32, 0.0),
                "heard_s": ((24,), np.float32, 0.0),
            }
        )


class Habit:
    """Averaged residuals of every channel against its own past."""

    def __init__(self, witnesses: int) -> None:
        """Know no channel."""
        self.block = HabitBlock(witnesses)

    def means(self, slots: Slots, residuals: Floats, gap_s: Floats, age_s: Floats) -> Floats:
        """Return the residuals' means with these ones in. Shapes: residuals (B, W); returns (B, W, S)."""
        span = np.minimum(SPANS_S, YOUNG_SHARES * age_s[:, None])
        rate = -np.expm1(-gap_s[:, None] / np.maximum(span, 1e-6))[:, None, :]
        mean = self.block.mean[slots]
        moved: Floats = mean + rate * (residuals[:, :, None] - mean)
        return moved

    def scale(self, rows: Rows, age_s: Floats) -> Floats:
        """Return the standard deviation that such means have at this hour, by what was seen. Shape (B, W, S)."""
        block, slots, hour = self.block, rows.slots, _hours(rows)
        heard_s = block.heard_s[slots, hour].astype(np.float64)
        share = (HOUR_SHARE * heard_s / (heard_s + HOUR_S))[:, None, None]
        size = share * block.by_hour[slots, hour] + (1.0 - share) * block.usual[slots]
        unseen = UNSEEN * np.minimum(1.0, age_s / UNSEEN_FROM_S) / (1.0 + heard_s / UNSEEN_S)
        scale: Floats = MEAN_TO_SIGMA * size * (1.0 + unseen)[:, None, None]
        return scale

    def learn(self, rows: Rows, means: Floats, gap_s: Floats, count: NDArray[np.int64], weight: Floats) -> None:
        """Take in the means that `means` returned, as so much of a reading as `weight` (B,) says."""
        block, slots, hour = self.block, rows.slots, _hours(rows)
        usual, size = block.usual[slots], np.abs(means)
        limit = np.where((count > SETTLED)[:, None, None] & (usual > 0.0), FARTHEST * usual, np.inf)
        size = np.minimum(size, limit)
        rate = weight * np.maximum(np.minimum(2.0 / (count + 1), 1.0), -np.expm1(-gap_s / MEMORY_S))
        block.usual[slots] = usual + rate[:, None, None] * (size - usual)
        heard_s, by_hour = block.heard_s[slots, hour].astype(np.float64), block.by_hour[slots, hour]
        rate = weight * np.maximum(gap_s / (heard_s + gap_s + 1e-9), -np.expm1(-gap_s / HOUR_MEMORY_S))
        block.by_hour[slots, hour] = by_hour + rate[:, None, None] * (size - by_hour)
        block.heard_s[slots, hour] = heard_s + gap_s
        block.mean[slots] = means


def _hours(rows: Rows) -> NDArray[np.intp]:
    """Return the hour of day (UTC) of each row."""
    return (rows.at_us // (3600 * MICROSECONDS) % 24).astype(np.intp)
