"""What simple rivals expect of the next value: the recent mean, the usual value of the hour, or a linear continuation.

In: rows. Out: an expected value and its variance for each, before the value is looked at; learnt afterwards.
"""

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.domain import HOUR
from detector.state.block import Block
from detector.state.rows import Floats, Rows

RATE: Final = 0.02
"""Weight of the newest reading: a memory of fifty."""

HOURS: Final = 24

LAGS: Final = 8
"""Last differences that a linear continuation looks at."""

FORGETTING: Final = 0.999

START: Final = 10.0
"""Variance that weights have before anything is known of them."""

LARGEST: Final = 1e4
"""Mean variance of the weights at which they are forgotten: a channel that stands still teaches nothing for ever."""


class Predictor(Protocol):
    """Something that expects values; it keeps a row of memory for each channel."""

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        ...

    def predict(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the expected value of each row and its variance, in the channel's unit. Shapes: (B,) each."""
        ...

    def learn(self, rows: Rows) -> None:
        """Take the values in."""
        ...


class _MeanBlock(Block):
    """Columns (N, K): mean and variance, exponentially weighted, in the channel's unit; seen, if they are of anything."""

    mean: Floats
    variance: Floats
    seen: NDArray[np.bool_]

    def __init__(self, kinds: int) -> None:
        """Start without rows, with K `kinds` of mean for each."""
        shape = (kinds,)
        floats = dict.fromkeys(("mean", "variance"), (shape, np.float64, 0.0))
        super().__init__({**floats, "seen": (shape, np.bool_, 0)})

    def learn(self, place: tuple[NDArray[np.intp], NDArray[np.intp] | int], values: Floats) -> None:
        """Move the means at these places, no place twice. Source: West 1979, exponentially weighted."""
        away = np.where(self.seen[place], values - self.mean[place], 0.0)
        self.mean[place] = values - (1.0 - RATE) * away
        self.variance[place] = (1.0 - RATE) * (self.variance[place] + RATE * away**2)
        self.seen[place] = True


class RecentMean:
    """The mean of the last readings."""

    def __init__(self) -> None:
        """Know no channel."""
        self._means = _MeanBlock(1)

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        self._means.grow(channels)

    def predict(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the expected value of each row and its variance."""
        return self._means.mean[rows.slots, 0], self._means.variance[rows.slots, 0]

    def learn(self, rows: Rows) -> None:
        """Take the values in."""
        self._means.learn((rows.slots, 0), rows.values)


class UsualOfTheHour:
    """The mean of the last readings in the same hour of the day (UTC); of all last ones where the hour is new."""

    def __init__(self) -> None:
        """Know no channel."""
        self._means = _MeanBlock(HOURS + 1)

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        self._means.grow(channels)

    def predict(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the expected value of each row and its variance."""
        hour = _hour(rows)
        kind = np.where(self._means.seen[rows.slots, hour], hour, HOURS)
        return self._means.mean[rows.slots, kind], self._means.variance[rows.slots, kind]

    def learn(self, rows: Rows) -> None:
        """Take the values in."""
        self._means.learn((rows.slots, _hour(rows)), rows.values)
        self._means.learn((rows.slots, HOURS), rows.values)


def _hour(rows: Rows) -> NDArray[np.intp]:
    """Return the hour of the day of each row. Shape (B,)."""
    return (rows.at_us // HOUR % HOURS).astype(np.intp)


class _WeightBlock(Block):
    """What a linear continuation remembers.

    Columns (N,): last value, size (mean absolute difference), the residual's variance; past (N, D) differences, newest
    first; weights (N, D) and their covariance (N, D, D); seen, a count.
    """

    last: Floats
    size: Floats
    variance: Floats
    past: Floats
    weights: Floats
    covariance: Floats
    seen: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        floats = dict.fromkeys(("last", "size", "variance"), ((), np.float64, 0.0))
        vectors = dict.fromkeys(("past", "weights"), ((LAGS,), np.float64, 0.0))
        matrix = {"covariance": ((LAGS, LAGS), np.float64, 0.0), "seen": ((), np.int64, 0)}
        super().__init__({**floats, **vectors, **matrix})


class LinearContinuation:
    """The next difference as a weighted sum of the last ones, weights by recursive least squares with forgetting.

    Source: Haykin 2002, "Adaptive filter theory", table 9.1.
    """

    def __init__(self) -> None:
        """Know no channel."""
        self._block = _WeightBlock()

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        self._block.grow(channels)

    def predict(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the expected value of each row and its variance."""
        block, slots = self._block, rows.slots
        return block.last[slots] + (block.weights[slots] * block.past[slots]).sum(axis=1), block.variance[slots]

    def learn(self, rows: Rows) -> None:
        """Take the values in."""
        block, slots = self._block, rows.slots
        expected, variance = self.predict(rows)
        first = block.seen[slots] == 0
        change = np.where(first, 0.0, rows.values - block.last[slots])
        residual = np.where(first, 0.0, rows.values - expected)
        rate = np.maximum(1.0 / (block.seen[slots] + 1), RATE)
        self._weigh(rows, residual)
        block.size[slots] += rate * (np.abs(change) - block.size[slots])
        block.variance[slots] = variance + rate * (residual**2 - variance)
        block.past[slots, 1:] = block.past[slots, :-1]
        block.past[slots, 0], block.last[slots] = change, rows.values
        block.seen[slots] += 1

    def _weigh(self, rows: Rows, residual: Floats) -> None:
        """Move the weights, in units of the usual difference so that every channel looks alike."""
        block, slots = self._block, rows.slots
        unit = np.where(block.size[slots] > 0.0, block.size[slots], 1.0)
        past, covariance = block.past[slots] / unit[:, None], block.covariance[slots]
        trace = np.trace(covariance, axis1=1, axis2=2)
        forgotten = (trace <= 0.0) | (trace > LARGEST * LAGS)
        covariance = np.where(forgotten[:, None, None], START * np.eye(LAGS), covariance)
        reach = (covariance * past[:, None, :]).sum(axis=2)
        gain = reach / (FORGETTING + (reach * past).sum(axis=1))[:, None]
        block.weights[slots] += gain * (residual / unit)[:, None]
        block.covariance[slots] = (covariance - gain[:, :, None] * reach[:, None, :]) / FORGETTING
