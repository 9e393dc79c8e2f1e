"""How much better each channel is forecast than by its last value.

In: residuals of the forecast, and the differences that the last value would have left. Out: the skill, for people: it
changes no forecast and no score.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Mask, Slots


class SkillBlock(Block):
    """Columns (N,), float32: error, the mean absolute residual of the forecast, and change, that of the last value; step units."""

    error: NDArray[np.float32]
    change: NDArray[np.float32]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(dict.fromkeys(("error", "change"), ((), np.float32, 0.0)))


class SkillRatio(NamedTuple):
    """Skills, and where there are any. Shapes: (N,) each."""

    ratio: Floats
    """1 for a forecast without error, 0 for one that is no better than the last value, less for a worse one."""
    known: Mask
    """False for a channel that has not changed yet."""


class Skill:
    """Running means of every channel's errors, of which the ratio tells."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = SkillBlock()

    def learn(self, slots: Slots, error: Floats, change: Floats, rate: Floats) -> None:
        """Move the means towards these absolute values, by `rate` from 0 to 1. Shapes: (B,) each."""
        block = self.block
        block.error[slots] += rate * (error - block.error[slots])
        block.change[slots] += rate * (change - block.change[slots])

    def ratio(self) -> SkillRatio:
        """Return the skill of every channel.

        Source: the skill score of Murphy 1988, with mean absolute errors and the last value as reference.
        """
        error, change = (self.block.arrays()[name].astype(np.float64) for name in ("error", "change"))
        known = change > 0.0
        return SkillRatio(1.0 - np.divide(error, change, out=np.ones(len(error)), where=known), known)
