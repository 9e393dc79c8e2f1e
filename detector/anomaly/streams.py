"""Three views of how strange a reading is, each blind where another sees.

In: `Rows` and their `Forecast`. Out: one number a row and stream, on a log axis of its own that starts at 0: the
residual, the distance from what is usual at this hour, and that distance's mean over the last hours.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.habit import Habit
from detector.state.block import Block
from detector.state.rows import MEAN_TO_SIGMA, Floats, Forecast, Mask, Rows, learning_rate, plain_rate
from detector.state.wide import upright


class Stream(IntEnum):
    """The streams, in the order of their columns."""

    RESIDUAL = 0
    HOUR = 1
    LEVEL = 2


RESIDUAL_LIMIT = 200.0
"""Residuals beyond this many step units say nothing more."""

SCALE_FLOOR = 0.1
"""In step units; keeps a noise-free channel from a scale of nothing."""

FARTHEST_RESIDUAL = 6.0
"""Scales that one residual may count for in the scale."""

LEVEL_S = 3 * 3600.0
"""Time over which the level is averaged."""

FARTHEST = 10.0
"""Standard deviations from habit that one reading may count for: a single spike is no other level."""

SETTLED = 30
"""Readings after which the deviations from habit have a scale."""


class StreamBlock(Block):
    """What each channel's streams remember.

    Columns (N,): scale, the mean absolute residual in step units; slow, the mean distance from habit over the last
    hours, in the channel's unit; seen, a count. Columns (N, 2): mean and variance of the distance and of its mean.
    """

    scale: Floats
    slow: Floats
    mean: Floats
    variance: Floats
    seen: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        singles, pairs = ((), np.float64, 0.0), ((2,), np.float64, 0.0)
        super().__init__(
            {**dict.fromkeys(("scale", "slow"), singles), **dict.fromkeys(("mean", "variance"), pairs)}
            | {"seen": ((), np.int64, 0)}
        )


class View(NamedTuple):
    """How strange rows look. Shapes: (B,), streams and deviations (B, 3), aways (B, 2), column by column in memory."""

    streams: Floats
    """On log axes that start at 0."""
    deviations: Floats
    """What each stream looked at, in the channel's unit, with its sign."""
    residual: Floats
    """In step units, with its sign."""
    believed: Floats
    """The value, no farther from habit than is believed, in the channel's unit."""
    aways: Floats
    """The believed distance from habit, and its mean over the last hours, in the channel's unit."""
    plain: Floats
    """How far a plain mean of the readings moves to these."""


class Streams:
    """Turns residuals and distances from habit into the streams, each channel by its own scales."""

    def __init__(self, memory_s: float, long_memory_s: float) -> None:
        """Let the residual scale and the habits forget over `memory_s`, the distances from habit over `long_memory_s`."""
        self._memory_s, self._long_memory_s = memory_s, long_memory_s
        self.habit = Habit(memory_s)
        self.block = StreamBlock()

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        self.block.grow(channels)
        self.habit.block.grow(channels)

    def view(self, rows: Rows, forecast: Forecast) -> View:
        """Return how strange every row looks, before anything is learnt from it."""
        block, slots = self.block, rows.slots
        missed = np.where(forecast.known, rows.values - forecast.expected, 0.0)
        residual = (missed / forecast.unit).clip(-RESIDUAL_LIMIT, RESIDUAL_LIMIT)
        surprise = np.log1p(np.abs(residual) / (MEAN_TO_SIGMA * block.scale[slots] + SCALE_FLOOR))
        habitual = self.habit.expected(rows, forecast.usual)
        away = np.where(forecast.known, rows.values - habitual, 0.0)
        mean, sigma = upright(block.mean.take(slots, axis=0)), np.sqrt(upright(block.variance.take(slots, axis=0)))
        seen, slow = block.seen[slots], block.slow[slots]
        plain = plain_rate(seen)
        settled, least = seen >= SETTLED, SCALE_FLOOR * forecast.unit
        reach = np.where(settled, FARTHEST * sigma[0] + least, np.inf)
        believed = away.clip(mean[0] - reach, mean[0] + reach)
        slow = slow + learning_rate(plain, rows.gap_s, LEVEL_S) * (believed - slow)
        off = np.array((away, slow)) - mean
        distances = np.where(settled, np.log1p(np.abs(off) / (sigma + least)), 0.0)
        streams, deviations = np.concatenate([surprise[None, :], distances]), np.concatenate([missed[None, :], off])
        return View(streams.T, deviations.T, residual, habitual + believed, np.array((believed, slow)).T, plain)

    def learn(self, rows: Rows, view: View, known: Mask) -> None:
        """Move scales, habits and level by the rows that are `known` (B,), those of which something was expected.

        What is strange is learnt like any reading, as far as it is believed: a scale that an outbreak has widened
        holds back its repetitions.
        """
        block, slots = self.block, rows.slots
        scale = block.scale[slots]
        size = np.abs(view.residual)
        size = np.where(scale > 0.0, np.minimum(size, FARTHEST_RESIDUAL * scale + 1e-9), size)
        rate = np.where(known, learning_rate(view.plain, rows.gap_s, self._memory_s), 0.0)
        block.scale[slots] = scale + rate * (size - scale)
        rate = np.where(known, learning_rate(view.plain, rows.gap_s, self._long_memory_s), 0.0)
        mean = upright(block.mean.take(slots, axis=0))
        off = view.aways.T - mean
        moved = rate * off
        block.mean[slots] = (mean + moved).T
        block.variance[slots] = ((1.0 - rate) * (upright(block.variance.take(slots, axis=0)) + moved * off)).T
        block.slow[slots] = np.where(known, view.aways[:, 1], block.slow[slots])
        self.habit.learn(rows, view.believed, known)
        block.seen[slots] += known
