"""What the peers say a channel should read: recursive least squares, one small regression a channel.

In: regressors of each row. Out: the expected number, and how far the regressors lie from all that was learnt of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.company import PANEL
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Slots

HARMONICS = 4
WIDTH = 2 + PANEL + HARMONICS
"""Regressors: one, the panel's middle, each peer's departure from it, and the time of day."""

SEATS = slice(2, 2 + PANEL)

PRIOR = np.array([5.0, 0.1, *[0.5] * PANEL, *[1.0] * HARMONICS], np.float32)
"""How uncertain each weight is at the start, and at most; against a noise of 1 for each quarter of an hour."""

FULL_WEIGHT_H = 0.25
"""Readings closer together than this share its weight: what they say is the same."""

MEMORY_H = 150.0
"""Hours over which the regression forgets."""


class FitBlock(Block):
    """Each channel's regression: `weights` (N, WIDTH), `covariance` (N, WIDTH, WIDTH) float32; `fed_h` since the turn."""

    weights: NDArray[np.float32]
    covariance: NDArray[np.float32]
    fed_h: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "weights": ((WIDTH,), np.float32, 0.0),
                "covariance": ((WIDTH, WIDTH), np.float32, 0.0),
                "fed_h": ((), np.float64, 0.0),
            }
        )


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """What the regression says of each row. Shapes: (B,), gain (B, WIDTH), covariance (B, WIDTH, WIDTH)."""

    expected: Floats
    novelty: Floats
    """Variance of what is expected, in variances of the noise: large where the peers stand as never before."""
    gain: NDArray[np.float32]
    covariance: NDArray[np.float32]


class PeerFit:
    """The regressions of all channels."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = FitBlock()

    def restart(self, slots: Slots, kept: Floats) -> None:
        """Start anew in another unit: what is learnt of constants is worth `kept` (C,) of it, uncertainty is full."""
        weights, covariance = self.block.weights, self.block.covariance
        weights[slots, 0] *= kept
        weights[slots, SEATS.stop :] *= kept[:, None]
        covariance[slots] = np.diag(PRIOR)

    def project(self, slots: Slots, regressors: NDArray[np.float32]) -> Projection:
        """Return what to expect. Shapes: slots (B,), regressors (B, WIDTH).

        Source: recursive least squares, Haykin, Adaptive Filter Theory, table 10.1; every sum stays in its own row.
        """
        covariance = self.block.covariance.take(slots, axis=0)
        # a stack of products of one fixed shape: every row has the same bits in any company
        gain = np.matmul(covariance, regressors[:, :, None])[:, :, 0]  # (B, WIDTH)
        novelty = np.maximum((gain * regressors).sum(axis=1), np.float32(0.0)).astype(np.float64)
        expected = (self.block.weights.take(slots, axis=0) * regressors).sum(axis=1).astype(np.float64)
        return Projection(expected, novelty, gain, covariance)

    def learn(self, slots: Slots, projection: Projection, innovation: Floats, weight_h: Floats) -> None:
        """Move the weights by the `innovation` (B,), each row counting for `weight_h` (B,) hours, 0 for not at all."""
        weight = np.minimum(weight_h / FULL_WEIGHT_H, 1.0)
        share = weight / (1.0 + weight * projection.novelty)
        gain = projection.gain
        weights = self.block.weights.take(slots, axis=0)
        self.block.weights[slots] = weights + gain * (share * innovation).astype(np.float32)[:, None]
        lesson = gain * share.astype(np.float32)[:, None]
        learnt = gain[:, :, None] * lesson[:, None, :]
        self.block.covariance[slots] = np.subtract(projection.covariance, learnt, out=learnt)
        self.block.fed_h[slots] += weight_h

    def forget(self) -> None:
        """Let the past fade by the hours that were learnt; no weight becomes less certain than it was at the start.

        Scaling rows and columns alike keeps the covariance positive, whatever float32 rounds.
        """
        block = self.block
        for rows in block.stretches():
            covariance = block.covariance[rows]
            covariance *= np.exp(block.fed_h[rows] / MEMORY_H).astype(np.float32)[:, None, None]
            certain = np.diagonal(covariance, axis1=1, axis2=2)
            less = np.flatnonzero(np.any(certain > PRIOR, axis=1))
            shrink = np.sqrt(PRIOR / np.maximum(certain[less], PRIOR))
            covariance[less] *= shrink[:, :, None] * shrink[:, None, :]
            block.fed_h[rows] = 0.0

    def reseat(self, slots: Slots, seats: NDArray[np.intp]) -> None:
        """Forget what was learnt of the peers that left these seats. Shapes: slots (C,), seats (C,)."""
        places = SEATS.start + seats
        self.block.weights[slots, places] = 0.0
        self.block.covariance[slots, places, :] = 0.0
        self.block.covariance[slots, :, places] = 0.0
        self.block.covariance[slots, places, places] = PRIOR[places]


def trusted(innovation: Floats, scale: Floats) -> Mask:
    """Tell which rows are near enough to what was expected to be learnt from. Shapes (B,)."""
    return np.asarray(np.abs(innovation) < 4.0 * scale + 0.05)
