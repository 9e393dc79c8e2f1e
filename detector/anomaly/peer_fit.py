"""What the peers say a channel should read: recursive least squares, one small regression a channel.

In: regressors of each row. Out: the expected number, and how far the regressors lie from all that was learnt of them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.panel import PANEL
from detector.anomaly.symmetric import dots, half, isolate, products, set_diagonal, take_off
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

WIDE = 8.0
"""A peer's departure bends beyond so many of its habitual ones: one faulty peer hardly moves the others."""

FARTHEST = 20.0
"""Regressors, in the channel's units, say nothing more beyond this."""

LARGEST = 1e6
"""In the channel's units; larger numbers are no larger."""

MEMORY_H = 150.0
"""Hours over which the regression forgets."""


class FitBlock(Block):
    """Each channel's regression: `weights` (N, WIDTH), `covariance` (N, HALF, WIDTH) float32; `fed_h` since the turn.

    The covariance is kept as in `symmetric`: 720 bytes instead of 1,296.
    """

    weights: NDArray[np.float32]
    covariance: NDArray[np.float32]
    fed_h: NDArray[np.float32]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "weights": ((WIDTH,), np.float32, 0.0),
                "covariance": ((half(WIDTH), WIDTH), np.float32, 0.0),
                "fed_h": ((), np.float32, 0.0),
            }
        )


class Projection(NamedTuple):
    """What the regression says of each row. Shapes: (B,), gain (B, WIDTH)."""

    expected: Floats
    novelty: Floats
    """Variance of what is expected, in variances of the noise: large where the peers stand as never before."""
    gain: NDArray[np.float32]


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
        set_diagonal(covariance, slots, PRIOR)

    def project(self, slots: Slots, regressors: NDArray[np.float32]) -> Projection:
        """Return what to expect. Shapes: slots (B,), regressors (B, WIDTH).

        Source: recursive least squares, Haykin, Adaptive Filter Theory, table 10.1; every sum stays in its own row.
        """
        gain = products(self.block.covariance, slots, regressors)
        novelty = np.maximum(dots(gain, regressors), 0.0)
        return Projection(dots(self.block.weights.take(slots, axis=0), regressors), novelty, gain)

    def learn(self, slots: Slots, projection: Projection, innovation: Floats, weight_h: Floats) -> None:
        """Move the weights by the `innovation` (B,), each row counting for `weight_h` (B,) hours, 0 for not at all."""
        block, gain = self.block, projection.gain
        weight = np.minimum(weight_h / FULL_WEIGHT_H, 1.0)
        share = weight / (1.0 + weight * projection.novelty)
        step = gain * (share * innovation).astype(np.float32)[:, None]
        block.weights[slots] = block.weights.take(slots, axis=0) + step
        take_off(block.covariance, slots, gain * np.sqrt(share).astype(np.float32)[:, None])
        block.fed_h[slots] += weight_h

    def forget(self) -> None:
        """Let the past fade by the hours that were learnt; no weight becomes less certain than it was at the start.

        Scaling rows and columns alike keeps the covariance positive, whatever float32 rounds.
        """
        block = self.block
        for rows in block.stretches():
            covariance = block.covariance[rows]
            faded = np.exp(block.fed_h[rows] / MEMORY_H)[:, None]
            shrink = np.sqrt(PRIOR / np.maximum(covariance[:, 0] * faded, PRIOR))
            for shift in range(covariance.shape[1]):
                covariance[:, shift] *= faded * (shrink * np.roll(shrink, -shift, axis=1))  # the same for i, j and j, i
            block.fed_h[rows] = 0.0

    def reseat(self, slots: Slots, seats: NDArray[np.intp]) -> None:
        """Forget what was learnt of the peers that left these seats. Shapes: slots (C,), seats (C,)."""
        places = SEATS.start + seats
        self.block.weights[slots, places] = 0.0
        isolate(self.block.covariance, slots, places, PRIOR[places])


def regressors(away: Floats, present: Mask, middle: Floats, habit: Floats, turns: Floats) -> NDArray[np.float32]:
    """Return one, the middle, the peers' departures from it, bent, and the time of day. Shape (B, WIDTH).

    In the channel's units: how far the peers are `away` from their places, what is their `habit`, (B, PANEL), and the
    `middle` (B,); `turns` (HARMONICS, B).
    """
    drawn = np.empty((len(middle), WIDTH), np.float32)
    drawn[:, 0], drawn[:, SEATS.stop :] = 1.0, turns.T
    drawn[:, 1] = middle.clip(-FARTHEST, FARTHEST)
    departure = (away - middle[:, None]).clip(-LARGEST, LARGEST).astype(np.float32)
    wide = (WIDE * (habit + 0.01)).clip(None, LARGEST).astype(np.float32)
    departure /= np.sqrt(1.0 + np.square(departure / wide))
    departure *= present
    drawn[:, SEATS] = departure.clip(-FARTHEST, FARTHEST)
    return drawn


def trusted(innovation: Floats, scale: Floats) -> Mask:
    """Tell which rows are near enough to what was expected to be learnt from. Shapes (B,)."""
    return np.asarray(np.abs(innovation) < 4.0 * scale + 0.05)
