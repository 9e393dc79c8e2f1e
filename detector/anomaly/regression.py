"""A linear regression for every channel, learnt one reading at a time.

In: slots, their regressors, and the residuals that were met. Out: what the regressors lead one to expect.
"""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Slots

LEAST_TOLD = 1e-9
"""A row that tells less than this, in units of the noise's variance, tells nothing."""


class RegressionBlock(Block):
    """What each channel's regression knows: `weights` (N, D) and `doubt` (N, D, D), its covariance over the noise's."""

    weights: Floats
    doubt: NDArray[np.float32]

    def __init__(self, width: int) -> None:
        """Start without rows, for `width` regressors."""
        super().__init__({"weights": ((width,), np.float64, 0.0), "doubt": ((width, width), np.float32, 0.0)})


class Regression:
    """Recursive least squares for many channels at once, forgetting at each row's own pace."""

    def __init__(self, prior: Floats) -> None:
        """Start from weights of zero with variances `prior` (D,), in units of the noise's."""
        self._prior = prior
        self.block = RegressionBlock(len(prior))

    def grow(self, channels: int) -> None:
        """Make room for new channels, which know nothing yet."""
        known = len(self.block)
        self.block.grow(channels)
        self.block.doubt[known:channels] = np.diag(self._prior)

    def expect(self, slots: Slots, regressors: Floats) -> Floats:
        """Return what is expected of each row. Shapes: slots (B,), regressors (B, D); returns (B,)."""
        expected: Floats = (self.block.weights.take(slots, axis=0) * regressors).sum(axis=1)
        return expected

    def learn(self, slots: Slots, regressors: Floats, residuals: Floats, keep: Floats, weight: Floats) -> None:
        """Take in the `residuals` (B,) of what was expected, each row counting `weight` (B,) readings.

        `keep` (B,) is the share of the past that a row's forgetting leaves, in the directions that it speaks of.

        Source: recursive least squares with directional forgetting (Kulhavy, Restricted exponential forgetting in
        real-time identification, Automatica 23, 1987): what is not excited is not forgotten, so that nothing winds up.
        """
        block = self.block
        doubt = np.ascontiguousarray(
            block.doubt.take(slots, axis=0).transpose(1, 2, 0)
        )  # (D, D, B): 3 times faster than (B, D, D)
        gain = np.ascontiguousarray(_gain(doubt, np.ascontiguousarray(regressors.T)).T)
        told = weight * np.maximum((regressors * gain).sum(axis=1), 0.0)
        block.weights[slots] = block.weights.take(slots, axis=0) + gain * (weight * residuals / (1.0 + told))[:, None]
        heard = told > LEAST_TOLD
        share = weight * (keep - (1.0 - keep) / np.where(heard, told, 1.0)) / (keep * (1.0 + told))
        half = (gain.T * np.sqrt(np.abs(share) * heard)).astype(np.float32)  # so that the covariance stays symmetric
        doubt -= half[:, None] * (half * np.sign(share).astype(np.float32))[None]
        block.doubt[slots] = doubt.transpose(2, 0, 1)

    def reopen(self, slots: Slots) -> None:
        """Let the channels doubt all that they know, so that the next readings decide."""
        self.block.doubt[slots] = np.diag(self._prior)

    def forget(self, slot: int, place: int) -> None:
        """Give one regressor of a channel up for another, of which nothing is known."""
        block = self.block
        block.weights[slot, place] = 0.0
        block.doubt[slot, place, :] = block.doubt[slot, :, place] = 0.0
        block.doubt[slot, place, place] = self._prior[place]


def _gain(doubt: NDArray[np.float32], regressors: Floats) -> Floats:
    """Return the products of matrices (D, D, B) and vectors (D, B), as (D, B), each row's bits its own.

    The sum goes place by place: numpy would add in another order where there is but one row.
    """
    gain = np.zeros(regressors.shape)
    for place, regressor in enumerate(regressors):
        gain += doubt[place] * regressor
    return gain
