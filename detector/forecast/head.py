"""The adaptive head: each channel's own linear correction of the network's forecast, learnt reading by reading.

In: regressors, then by how much the forecast was off. Out: corrections in step units. Coefficients drift back to
zero, the bare network, so a channel that stands still, or that nothing excites, can never wind up.
"""

from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.forecast.product import product_of_each
from detector.settings import HeadKind
from detector.state.block import Block
from detector.state.rows import Floats, Slots

Columns = NDArray[np.float32]

BLOCK = {HeadKind.RLS: 16, HeadKind.LMS: 1}
"""Regressors whose coefficients are learnt jointly. Blocks of 16 forecast within 0.003 of one block of 64 at a quarter
of the memory; blocks of one are a normalised LMS with a rate of its own for each coefficient."""

PRIOR = 0.1
"""Variance of a coefficient of which nothing is known."""

MEMORY_S = 1e6
"""Time constant of forgetting: eleven and a half days."""

LEAST_LEAK = 1e-6
"""Forgetting at a reading, at least: more than float32 rounds away."""

FREEDOM = 4.0
"""Degrees of freedom of what a residual is thought to be: far ones count for less."""

TOGETHER = {HeadKind.RLS: 128, HeadKind.LMS: 512}
"""Rows whose covariances are moved at a time: they stay in the processor's cache."""


class HeadBlock(Block):
    """Coefficients of each channel: `weights` (N, D), `covariance` (N, D / S, S, S) for blocks of S; float32."""

    of_network: ClassVar[frozenset[str]] = frozenset({"weights", "covariance"})

    weights: Columns
    covariance: Columns

    def __init__(self, blocks: int, size: int) -> None:
        """Start without rows; new channels know nothing."""
        columns = {
            "weights": ((blocks * size,), np.float32, 0.0),
            "covariance": ((blocks, size, size), np.float32, 0.0),
        }
        super().__init__(columns)

    def grow(self, rows: int) -> None:
        """Make room; the covariance of new rows is the prior."""
        known = len(self)
        super().grow(rows)
        self.covariance[known:rows] = PRIOR * np.eye(self.covariance.shape[-1], dtype=np.float32)


class Lesson(NamedTuple):
    """What one step teaches. Shapes: (B,) each."""

    residual: Floats
    """Of the whole forecast, step units."""
    noise: Floats
    """Size of the residuals to expect, step units."""
    trust: Floats
    """Weight of the row, from 0 to 1."""
    gap_s: Floats


class Head:
    """Recursive least squares in blocks, with Student-t residuals and forgetting in wall-clock time.

    Source: the Kalman filter of regression coefficients that follow an Ornstein-Uhlenbeck process around zero
    (Harvey 1989, 3.4); weights of the t distribution: Lange, Little and Taylor 1989, eq. 6.
    """

    def __init__(self, kind: HeadKind, regressors: int) -> None:
        """Learn from rows of so many regressors."""
        size = BLOCK.get(kind, 1)
        self._together = TOGETHER.get(kind, 1)
        blocks = 0 if kind is HeadKind.NONE else -(-regressors // size)
        self._regressors = regressors
        self.block = HeadBlock(blocks, size)

    def correct(self, slots: Slots, regressors: Columns) -> Floats:
        """Return by how much the network is expected to be off. Shapes: regressors (B, R); returns (B,) step units."""
        weights = self.block.weights.take(slots, axis=0)[:, : regressors.shape[1]]
        return _dot(weights, regressors[:, : weights.shape[1]]).astype(np.float64)

    def learn(self, slots: Slots, regressors: Columns, lesson: Lesson) -> None:
        """Take in how far off the forecasts were. Shapes: slots (B,), regressors (B, R)."""
        blocks, size = self.block.covariance.shape[1:3]
        if not blocks:
            return
        padded = regressors
        if blocks * size != self._regressors:
            padded = np.zeros((len(slots), blocks * size), np.float32)
            padded[:, : self._regressors] = regressors
        lessons = _weigh(lesson)
        move = self._move_each if size == 1 else self._move_blocks
        for first in range(0, len(slots), self._together):
            rows = slice(first, first + self._together)
            move(slots[rows], padded[rows], _Weighed(*(column[rows] for column in lessons)))

    def _move_each(self, slots: Slots, seen: Columns, lesson: "_Weighed") -> None:
        """Move weights and variances by one reading, blocks being of one. Shapes: slots (B,), seen (B, D)."""
        variance = self.block.covariance.take(slots, axis=0)[:, :, 0, 0]
        gain = variance * seen  # P phi
        total = lesson.total(_dot(gain, seen))
        weights = self.block.weights.take(slots, axis=0)
        weights += gain * (lesson.pull / total)[:, None]
        weights *= lesson.keep[:, None]
        self.block.weights[slots] = weights
        gain *= np.sqrt(np.float32(1.0) / total)[:, None]
        variance -= np.square(gain, out=gain)
        variance *= lesson.keep[:, None]
        variance += lesson.prior[:, None]
        self.block.covariance[slots] = variance[:, :, None, None]

    def _move_blocks(self, slots: Slots, seen: Columns, lesson: "_Weighed") -> None:
        """Move weights and covariances by one reading. Shapes: slots (B,), seen (B, D)."""
        blocks, size = self.block.covariance.shape[1:3]
        covariance = self.block.covariance.take(slots, axis=0)
        in_blocks = product_of_each(covariance, seen.reshape(-1, blocks, size))  # P phi
        gain = in_blocks.reshape(-1, blocks * size)
        total = lesson.total(_dot(gain, seen))
        weights = self.block.weights.take(slots, axis=0) + gain * (lesson.pull / total)[:, None]
        self.block.weights[slots] = lesson.keep[:, None] * weights
        in_blocks *= np.sqrt(lesson.keep / total)[:, None, None]
        covariance *= lesson.keep[:, None, None, None]
        covariance -= np.einsum("bki,bkj->bkij", in_blocks, in_blocks)
        diagonal = covariance.reshape(-1, blocks, size * size)[..., :: size + 1]
        diagonal += lesson.prior[:, None, None]
        self.block.covariance[slots] = covariance


class _Weighed(NamedTuple):
    """What one step teaches, an untrusted row with no weight. Shapes: (B,) float32 each."""

    pull: Columns
    """The residual."""
    variance: Columns
    """Of the residual."""
    keep: Columns
    """Share that is kept of the past."""

    def total(self, explained: Columns) -> Columns:
        """Return the variance to expect, of the residual and of what coefficients may `explain`."""
        return self.variance + np.maximum(explained, np.float32(0.0))

    @property
    def prior(self) -> Columns:
        """Return the variance that comes back as the past is forgotten."""
        return (np.float32(1.0) - self.keep) * np.float32(PRIOR)


def _dot(left: Columns, right: Columns) -> Columns:
    """Return the product of each row with its counterpart. Shapes: (B, D) each; returns (B,)."""
    product: Columns = np.einsum("bd,bd->b", left, right)  # a third of the time of a product and its sum along rows
    return product


def _weigh(lesson: Lesson) -> _Weighed:
    """Return what a lesson is worth."""
    leak = np.maximum(-np.expm1(lesson.gap_s / -MEMORY_S), LEAST_LEAK) * lesson.trust
    square = lesson.noise**2
    variance = (square + lesson.residual**2 / FREEDOM) / np.maximum(lesson.trust, 1e-9)
    pull = np.where(lesson.trust > 0.0, lesson.residual, 0.0)
    return _Weighed(pull.astype(np.float32), variance.astype(np.float32), (1.0 - leak).astype(np.float32))
