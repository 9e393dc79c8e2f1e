"""How large a lasting residual usually is on a channel, by hour of day.

In: residuals of several witnesses. Out: their means over a short and a long span, and the scale of such means.
"""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import HOURS, LARGEST, MEAN_TO_SIGMA, Floats, Slots, learning_rate, plain_rate
from detector.state.wide import cells, upright

SPANS_S = np.array([600.0, 7200.0])
"""Time over which residuals are averaged: for a closed valve, and for a drift."""

YOUNG_SHARES = np.array([1 / 100, 1 / 30])
"""A young channel averages over these shares of its age instead: it looks at its minutes as others at their days."""

DAY_MEMORY_S, HOUR_MEMORY_S = 3 * 86_400.0, 3 * 3600.0
"""Time over which the habit forgets: of the whole day, and within one hour of day (three visits)."""

HOUR_SHARE, HOUR_S = 0.9, 3600.0
"""Share of the hour's own habit in the scale; it counts half of that once so much time was spent in the hour."""

UNSEEN, UNSEEN_S, UNSEEN_FROM_S = 3.0, 900.0, 7200.0
"""An hour of day never seen may be four times as wild, half of that after fifteen minutes of it. A channel younger
than two hours has hardly seen another, and is held to what it did so far."""

ROUGH_S = 1800.0
"""Time over which the roughness of the moment is taken: what flickers now has to move further to have moved."""

ROUGH_SHARE = 0.5
"""Share of the moment's roughness in the scale."""

SETTLED = 64
"""Readings after which the pull of a large residual is limited."""

FARTHEST = 4.0
"""Habits that one mean may count for."""


class SpanBlock(Block):
    """What each channel's habits are, for W witnesses and S spans, in the channel's unit.

    Columns: mean (N, W, S), of the residuals; usual (N, W, S), the mean size of `mean`; by_hour (N, 24, W, S), the
    same within an hour of day; heard_s (N, 24), time spent there; rough (N,), how far the first witness's readings
    scatter about their short mean, as the mean itself would by chance; count (N,) of readings.
    """

    mean: Floats
    usual: Floats
    by_hour: NDArray[np.float32]
    heard_s: NDArray[np.float32]
    rough: Floats
    count: NDArray[np.int64]

    def __init__(self, witnesses: int) -> None:
        """Start without rows."""
        shape = (witnesses, len(SPANS_S))
        super().__init__(
            {
                "mean": (shape, np.float64, 0.0),
                "usual": (shape, np.float64, 0.0),
                "by_hour": ((HOURS, *shape), np.float32, 0.0),
                "heard_s": ((HOURS,), np.float32, 0.0),
                "rough": ((), np.float64, 0.0),
                "count": ((), np.int64, 0),
            }
        )


class Moment:
    """When rows were heard, as habits need it. Every array is (B,); spans_s (B, S)."""

    def __init__(self, slots: Slots, hour: NDArray[np.int64], gap_s: Floats, age_s: Floats) -> None:
        """Take the rows' channels, hours of the day, time each counts for, and ages of the channels, seconds."""
        self.slots, self.hour, self.gap_s, self.age_s = slots, hour, gap_s, age_s
        self.place = slots * HOURS + hour
        self.spans_s = np.maximum(np.minimum(SPANS_S[:, None], YOUNG_SHARES[:, None] * age_s), 1e-6).T


class Spans:
    """Averaged residuals of every channel beside what they usually are."""

    def __init__(self, witnesses: int) -> None:
        """Know no channel."""
        self.block = SpanBlock(witnesses)

    def means(self, moment: Moment, residuals: Floats) -> Floats:
        """Return the residuals' means with these ones in. Shapes: residuals (B, W); returns (B, W, S)."""
        rate = -np.expm1(-moment.gap_s / moment.spans_s.T)
        mean = upright(self.block.mean.take(moment.slots, axis=0))
        return _by_row(mean + rate * (residuals.T[:, None] - mean))

    def scale(self, moment: Moment) -> Floats:
        """Return the standard deviation that such means have at this hour, by what was seen. Shape (B, W, S)."""
        block, slots = self.block, moment.slots
        heard_s = cells(block.heard_s)[moment.place].astype(np.float64)
        share = HOUR_SHARE * heard_s / (heard_s + HOUR_S)
        of_hour = upright(cells(block.by_hour).take(moment.place, axis=0))
        size = share * of_hour + (1.0 - share) * upright(block.usual.take(slots, axis=0))
        unseen = UNSEEN * np.minimum(1.0, moment.age_s / UNSEEN_FROM_S) / (1.0 + heard_s / UNSEEN_S)
        return _by_row((MEAN_TO_SIGMA * size + ROUGH_SHARE * block.rough[slots]) * (1.0 + unseen))

    def learn(self, moment: Moment, residuals: Floats, means: Floats, weight: Floats) -> None:
        """Take in the residuals (B, W) and what `means` made of them; the habits as `weight` (B,) readings."""
        block, slots, gap_s = self.block, moment.slots, moment.gap_s
        self._learn_roughness(moment, residuals[:, 0])
        count, usual = block.count[slots], upright(block.usual.take(slots, axis=0))
        size = np.abs(means.transpose(1, 2, 0))
        limited = (count > SETTLED) & (usual > 0.0)
        size = np.minimum(size, np.where(limited, FARTHEST * usual, np.inf))
        rate = weight * np.maximum(np.minimum(2.0 / (count + 1), 1.0), -np.expm1(gap_s / -DAY_MEMORY_S))
        block.usual[slots] = _by_row(usual + rate * (size - usual))
        heard_s = cells(block.heard_s)[moment.place]
        by_hour = upright(cells(block.by_hour).take(moment.place, axis=0))
        rate = weight * np.maximum(gap_s / np.maximum(heard_s + gap_s, 1e-9), -np.expm1(gap_s / -HOUR_MEMORY_S))
        cells(block.by_hour)[moment.place] = _by_row(np.minimum(by_hour + rate * (size - by_hour), LARGEST))
        cells(block.heard_s)[moment.place] = heard_s + gap_s
        block.mean[slots], block.count[slots] = means, count + 1

    def _learn_roughness(self, moment: Moment, residual: Floats) -> None:
        """Take in how far residuals (B,) are from their short mean, as a mean of so many would be by chance."""
        block, slots, gap_s = self.block, moment.slots, moment.gap_s
        rough, count = block.rough[slots], block.count[slots]
        chance = np.sqrt(gap_s / (gap_s + moment.spans_s[:, 0]))
        scatter = chance * np.abs(residual - block.mean[slots, 0, 0])
        scatter = np.where(count > SETTLED, np.minimum(scatter, 5.0 * rough + block.usual[slots, 0, 0]), scatter)
        rate = learning_rate(plain_rate(count), gap_s, ROUGH_S)
        block.rough[slots] = rough + rate * (scatter - rough)


def _by_row(numbers: Floats) -> Floats:
    """Return numbers (W, S, B) as (B, W, S), as they lie in memory."""
    return numbers.transpose(2, 0, 1)
