"""A linear regression for every channel, learnt one reading at a time.

In: slots, their regressors, and the residuals that were met. Out: what the regressors lead one to expect.
"""

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.symmetric import dots, half, isolate, products, set_diagonal, take_off
from detector.state.block import Block
from detector.state.rows import Floats, Slots

LEAST_TOLD = 1e-9
"""A row that tells less than this, in units of the noise's variance, tells nothing."""


class RegressionBlock(Block):
    """What each channel's regression knows: `weights` (N, D), and `doubt`, its covariance over the noise's, as in `symmetric`."""

    weights: Floats
    doubt: NDArray[np.float32]

    def __init__(self, width: int) -> None:
        """Start without rows, for `width` regressors."""
        super().__init__({"weights": ((width,), np.float64, 0.0), "doubt": ((half(width), width), np.float32, 0.0)})


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
        self.reopen(np.arange(known, channels))

    def expect(self, slots: Slots, regressors: Floats) -> Floats:
        """Return what is expected of each row. Shapes: slots (B,), regressors (B, D); returns (B,)."""
        return dots(self.block.weights.take(slots, axis=0), regressors)

    def learn(self, slots: Slots, regressors: Floats, residuals: Floats, keep: Floats, weight: Floats) -> None:
        """Take in the `residuals` (B,) of what was expected, each row counting `weight` (B,) readings.

        `keep` (B,) is the share of the past that a row's forgetting leaves, in the directions that it speaks of.

        Source: recursive least squares with directional forgetting (Kulhavy, Restricted exponential forgetting in
        real-time identification, Automatica 23, 1987): what is not excited is not forgotten, so that nothing winds up.
        """
        block = self.block
        drawn = regressors.astype(np.float32)
        gain = products(block.doubt, slots, drawn)
        told = weight * np.maximum(dots(gain, drawn), 0.0)
        block.weights[slots] = block.weights.take(slots, axis=0) + gain * (weight * residuals / (1.0 + told))[:, None]
        heard = told > LEAST_TOLD
        share = weight * (keep - (1.0 - keep) / np.where(heard, told, 1.0)) / (keep * (1.0 + told))
        root = gain * np.sqrt(np.abs(share) * heard).astype(np.float32)[:, None]
        take_off(block.doubt, slots, root, np.sign(share).astype(np.float32))

    def reopen(self, slots: Slots) -> None:
        """Let the channels doubt all that they know, so that the next readings decide."""
        set_diagonal(self.block.doubt, slots, self._prior)

    def forget(self, slot: int, place: int) -> None:
        """Give one regressor of a channel up for another, of which nothing is known."""
        block = self.block
        block.weights[slot, place] = 0.0
        isolate(block.doubt, np.array([slot]), np.array([place]), self._prior[place])
