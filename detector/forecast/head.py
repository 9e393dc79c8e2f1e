"""The adaptive head: each channel's own linear correction of the network's forecast, learnt reading by reading.

In: regressors, then by how much the forecast was off. Out: corrections in step units. Coefficients drift back to
zero, the bare network, so a channel that stands still, or that nothing excites, can never wind up.
"""

from dataclasses import dataclass
from typing import ClassVar

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

TOGETHER = 128
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


@dataclass(frozen=True, eq=False, slots=True)
class Lesson:
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
        blocks = 0 if kind is HeadKind.NONE else -(-regressors // size)
        self._regressors = regressors
        self.block = HeadBlock(blocks, size)

    def correct(self, slots: Slots, regressors: Columns) -> Floats:
        """Return by how much the network is expected to be off. Shapes: regressors (B, R); returns (B,) step units."""
        weights = self.block.weights.take(slots, axis=0)[:, : regressors.shape[1]]
        correction: Floats = (weights * regressors[:, : weights.shape[1]]).sum(axis=1).astype(np.float64)
        return correction

    def learn(self, slots: Slots, regressors: Columns, lesson: Lesson) -> None:
        """Take in how far off the forecasts were. Shapes: slots (B,), regressors (B, R)."""
        blocks, size = self.block.covariance.shape[1:3]
        if not blocks:
            return
        padded = regressors
        if blocks * size != self._regressors:
            padded = np.zeros((len(slots), blocks * size), np.float32)
            padded[:, : self._regressors] = regressors
        pull, variance, keep = _weigh(lesson)
        for first in range(0, len(slots), TOGETHER):
            rows = slice(first, first + TOGETHER)
            self._move(slots[rows], padded[rows].reshape(-1, blocks, size), (pull[rows], variance[rows], keep[rows]))

    def _move(self, slots: Slots, seen: Columns, lesson: tuple[Columns, Columns, Columns]) -> None:
        """Move weights and covariances by one reading. Shapes: seen (B, D / S, S), lesson (B,) each."""
        pull, variance, keep = lesson
        covariance = self.block.covariance.take(slots, axis=0)
        gain = product_of_each(covariance, seen)  # P phi
        explained = (gain * seen).reshape(len(slots), -1).sum(axis=1)
        total = variance + np.maximum(explained, np.float32(0.0))
        step = gain.reshape(len(slots), -1) * (pull / total)[:, None]
        self.block.weights[slots] = keep[:, None] * (self.block.weights.take(slots, axis=0) + step)
        root = gain * np.sqrt(keep / total)[:, None, None]
        covariance *= keep[:, None, None, None]
        covariance -= np.einsum("bki,bkj->bkij", root, root)
        diagonal = covariance.reshape(*seen.shape[:2], -1)[..., :: seen.shape[2] + 1]
        diagonal += ((np.float32(1.0) - keep) * np.float32(PRIOR))[:, None, None]
        self.block.covariance[slots] = covariance


def _weigh(lesson: Lesson) -> tuple[Columns, Columns, Columns]:
    """Return residual, its variance and what is kept of the past, each (B,) float32; an untrusted row has no weight."""
    leak = np.maximum(-np.expm1(-lesson.gap_s / MEMORY_S), LEAST_LEAK) * lesson.trust
    square = lesson.noise**2
    variance = (square + lesson.residual**2 / FREEDOM) / np.maximum(lesson.trust, 1e-9)
    pull = np.where(lesson.trust > 0.0, lesson.residual, 0.0)
    return pull.astype(np.float32), variance.astype(np.float32), (1.0 - leak).astype(np.float32)
