"""How rare a value is among a channel's own past, in constant memory: a short ladder of tracked quantiles.

In: values on log axes. Out: -log10 of the p-value, straight between the rungs and exponential above the last one
(a Pareto tail on the value's own axis). A new channel borrows the ladders of a reference until it has its own.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Slots

SHARES = np.array([1 / 2, 1 / 8, 1 / 32, 1 / 128])
"""Share of the past at or above each rung."""

RUNGS = len(SHARES)

FURTHER = (1.0 / SHARES - 1.0)[:, None, None]
"""Steps up for each step down. Shape (RUNGS, 1, 1)."""

RISES = -np.diff(np.log10(SHARES), prepend=0.0)[:, None, None]
"""Rarity won from one rung to the next, the first from the value 0. Shape (RUNGS, 1, 1)."""

LEAST_EXCESS = 0.1
"""Shortest tail that is believed: a constant past is no proof that nothing else can happen."""

FARTHEST_EXCESS = 8.0
"""Times the mean excess that one value may count for."""

BOLDEST = 0.3
"""Largest share of the way by which one value moves a mean excess."""

RAREST = 12.0
"""No reading is called rarer than 10 to the minus this."""

BORROWED = 30.0
"""Readings that the reference is worth beside a channel's own."""

AXIS_END = 1000.0
"""The logarithm of no number is larger."""

LEAST_WIDTH = 1e-9
"""Keeps the division defined where rungs coincide."""


def assumed_reference(streams: int) -> Floats:
    """Return ladders (streams, 2, RUNGS) to borrow when none were measured: p = (1 + z)^-2 at z = exp(value) - 1.

    The first of the two rows holds the rungs, the second the mean excess over each.
    """
    rungs = -0.5 * np.log(SHARES)
    return np.tile(np.stack([rungs, np.full(RUNGS, 0.5)]), (streams, 1, 1))


class TailBlock(Block):
    """Columns: rungs and excess (N, K, RUNGS) float32; experience (N,), readings that the ladders rest on."""

    rungs: NDArray[np.float32]
    excess: NDArray[np.float32]
    experience: Floats

    def __init__(self, streams: int) -> None:
        """Start without rows, for `streams` ladders a channel."""
        ladders = dict.fromkeys(("rungs", "excess"), ((streams, RUNGS), np.float32, 0.0))
        super().__init__({**ladders, "experience": ((), np.float64, BORROWED)})


class Tails:
    """Calibrates K streams of every channel by their own past."""

    def __init__(self, reference: Floats, memory_s: float) -> None:
        """Borrow from `reference` (K, 2, RUNGS); forget with time constant `memory_s`."""
        self._reference = reference
        self._memory_s = memory_s
        self.block = TailBlock(len(reference))

    def grow(self, channels: int) -> None:
        """Make room for new channels, which stand on the reference."""
        known = len(self.block)
        self.block.grow(channels)
        self.block.rungs[known:channels], self.block.excess[known:channels] = self._reference.swapaxes(0, 1)[:, None]

    def rarity(self, slots: Slots, values: Floats) -> Floats:
        """Return -log10 p of each value among the past. Shapes: slots (B,), values (B, K) >= 0; returns (B, K).

        Source: tracked quantiles in the body; in the tail the exponential law of excesses over a high threshold
        (Pickands 1975, with shape 0 on the log axis, i.e. Hill 1975).
        """
        rungs = _upright(self.block.rungs.take(slots, axis=0))
        excess = _upright(self.block.excess.take(slots, axis=0)[:, :, -1:])
        feet = np.zeros(rungs.shape)
        feet[1:] = rungs[:-1]
        limited = np.minimum(values.T, AXIS_END)
        climbed = RISES * ((limited - feet) / np.maximum(rungs - feet, LEAST_WIDTH)).clip(0.0, 1.0)
        beyond = np.maximum(limited - rungs[-1], 0.0) / (np.log(10.0) * np.maximum(excess[0], LEAST_EXCESS))
        rarity: Floats = np.minimum(climbed.sum(axis=0) + beyond, RAREST).T
        return rarity

    def learn(self, slots: Slots, values: Floats, gap_s: Floats, weight: Floats) -> None:
        """Move the ladders by values (B, K) of `weight` (B,), and let the past fade by the time that passed.

        Source: stochastic approximation of a quantile (Robbins and Monro 1951) with the step that is optimal for an
        exponential tail, whose density at a rung is its share over its mean excess.
        """
        block = self.block
        faded = np.maximum(block.experience[slots] * np.exp(gap_s / -self._memory_s), BORROWED)
        block.experience[slots] = faded + weight
        rate = weight / (faded + weight)
        rungs, excess = _upright(block.rungs.take(slots, axis=0)), _upright(block.excess.take(slots, axis=0))
        tail = np.maximum(excess, LEAST_EXCESS)
        step = rate * tail
        beyond = np.minimum(values.T, AXIS_END) - rungs
        above = beyond > 0.0
        up = FURTHER * step
        np.minimum(up, beyond, out=up)
        rungs += np.where(above, up, np.negative(step, out=step))
        np.maximum(rungs[0], 0.0, out=rungs[0])
        for lower, rung in pairwise(rungs):  # no rung below another; three times faster than `maximum.accumulate`
            np.maximum(rung, lower, out=rung)
        block.rungs[slots] = rungs.T
        tail *= FARTHEST_EXCESS
        pull = np.minimum(beyond, tail, out=beyond)  # what is believed of it
        pull -= excess
        pull *= np.minimum(rate / SHARES[:, None, None], BOLDEST)
        pull *= above
        block.excess[slots] = (excess + pull).T


def _upright(ladders: NDArray[np.float32]) -> Floats:
    """Return ladders (B, K, RUNGS) as (RUNGS, K, B), whose long axis is the fast one."""
    return np.array(ladders.T, np.float64, order="C")
