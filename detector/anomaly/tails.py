"""How rare a value is among a channel's own past, in constant memory.

In: values on log axes. Out: -log10 of the p-value, by counting below and by an exponential tail above
(a Pareto tail on the value's own axis). A new channel borrows the tails of a reference until it has its own.
"""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Slots

BINS = 64
"""Bins of a histogram."""

AXIS_END = 8.0
"""The axis runs from 0 to here; what lies beyond is counted in the last bin."""

BIN = AXIS_END / BINS
MIDDLES = (np.arange(BINS) + 0.5) * BIN

TAIL_SHARE, TAIL_COUNT = 0.03, 10.0
"""The tail is the top 3 %, or the top ten readings while that is more."""

LEAST_EXCESS = 0.05
"""Shortest tail that is believed: a constant past is no proof that nothing else can happen."""

RAREST = 12.0
"""No reading is called rarer than 10 to the minus this."""

BORROWED = 30.0
"""Weight, in readings, of the reference tails beside a channel's own."""

SUSPECT_WEIGHT = 0.1
"""Weight of a reading that was itself called strange: the fault is hardly learnt, and nothing locks up."""


def assumed_reference(streams: int) -> Floats:
    """Return tails (streams, BINS) to borrow when none were measured: exponential on the log axis, p = (1 + z)^-2."""
    shares = np.exp(-2.0 * BIN * np.arange(BINS))
    return np.tile(shares / shares.sum(), (streams, 1))


LEAST_FADE = 1e-5
"""Share of the memory by which counts fade at once: a float32 that loses less at a time loses nothing at all."""


class TailBlock(Block):
    """Each channel's histograms: `counts` (N, K, BINS) float32; `owed_s` (N,), time by which they have yet to fade."""

    counts: NDArray[np.float32]
    owed_s: Floats

    def __init__(self, streams: int) -> None:
        """Start without rows, for `streams` histograms a channel."""
        super().__init__({"counts": ((streams, BINS), np.float32, 0.0), "owed_s": ((), np.float64, 0.0)})


class Tails:
    """Calibrates K streams of every channel by their own past."""

    def __init__(self, reference: Floats, memory_s: float) -> None:
        """Borrow from `reference` (K, BINS), shares that sum to 1; forget with time constant `memory_s`."""
        self._borrowed = BORROWED * reference
        self._memory_s = memory_s
        self.block = TailBlock(len(reference))

    def rarity(self, slots: Slots, values: Floats) -> Floats:
        """Return -log10 p of each value among the past. Shapes: slots (B,), values (B, K); returns (B, K) in 0 .. RAREST.

        Source: empirical survival with the rule of succession in the body; in the tail the exponential law of
        excesses over a high threshold (Pickands 1975, with shape 0 on the log axis, i.e. Hill 1975).
        """
        counts = self.block.counts[slots].astype(np.float64) + self._borrowed  # (B, K, BINS)
        at_least = counts[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
        total = at_least[:, :, 0]
        start = (at_least >= np.maximum(TAIL_SHARE * total, TAIL_COUNT)[:, :, None]).sum(axis=2) - 1
        start = np.maximum(start, 0)
        place = np.ogrid[: len(slots), : values.shape[1]]
        tail = at_least[(*place, start)]
        moment = (counts * MIDDLES)[:, :, ::-1].cumsum(axis=2)[:, :, ::-1][(*place, start)]
        excess = np.maximum(moment / tail - start * BIN, LEAST_EXCESS)
        beyond = np.minimum(values, 2.0 * AXIS_END) - start * BIN
        bins = _bins(values)
        above = at_least[(*place, bins)] - np.clip(values / BIN - bins, 0.0, 1.0) * counts[(*place, bins)]
        body = -np.log10((above + 1.0) / (total + 1.0))
        rare = -np.log10(tail / total) + beyond / (excess * np.log(10.0))
        rarity: Floats = np.clip(np.where(beyond < 0.0, body, rare), 0.0, RAREST)
        return rarity

    def learn(self, slots: Slots, values: Floats, gap_s: Floats, weight: Floats) -> None:
        """Count the values with `weight` (B,), and let the past fade by the time that passed."""
        owed_s = self.block.owed_s[slots] + gap_s
        due = owed_s > LEAST_FADE * self._memory_s
        self.block.owed_s[slots] = np.where(due, 0.0, owed_s)
        fade = np.where(due, np.exp(-owed_s / self._memory_s), 1.0).astype(np.float32)
        counts = self.block.counts[slots] * fade[:, None, None]
        bins = _bins(values)
        counts[(*np.ogrid[: len(slots), : values.shape[1]], bins)] += weight[:, None].astype(np.float32)
        self.block.counts[slots] = counts


def _bins(values: Floats) -> NDArray[np.intp]:
    """Return the bin of each value."""
    return np.clip(values / BIN, 0, BINS - 1).astype(np.intp)
