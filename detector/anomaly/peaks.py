"""What the strangest moments of a channel's quarters of a day were like, lane by lane.

In: strangeness on axes like logarithms. Out: the law of its peaks, from the channel's own quarters, from those of
the channels pooled with it, and from a reference while there are few. Pools move at turns only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.extremes import PeakLaw, skewness
from detector.domain import MICROSECONDS
from detector.state.block import Block, Keys
from detector.state.rows import Floats, Mask, Rows, Slots
from detector.state.wide import upright

QUARTER_S = 6 * 3600.0
QUARTER = round(QUARTER_S * MICROSECONDS)
"""A quarter of a day (µs)."""

MEMORY = 224.0
"""Quarters over which peaks are forgotten in the long run: eight weeks."""

BORROWED_SKEW = 100.0
"""Weight, in quarters, of the pool's skew beside a channel's own, and of the reference's beside the pool's."""

POOL_CERTAINTY, POOL_ENOUGH = 0.5, 200.0
"""Share of a pool's quarters that make a channel's law more certain, and how many of them count."""

LEAST_SPREAD = 0.25
"""Of the reference's: a constant past is no proof that nothing else can happen."""

YOUTH = 2.0
"""How much faster than in a plain mean a channel's first quarters fade: they were judged by what it did not know yet."""

WORTH = (1.0 + 2.0 * YOUTH) / (1.0 + YOUTH) ** 2
"""Quarters of a plain mean that one quarter is worth, because the young ones hardly count."""

FARTHEST = 4.0
"""Spreads from the mean that one peak may count for."""

NO_POOL = -1
NEVER = np.iinfo(np.int32).min

LANES_AT_MOST = 8
"""A byte has a bit for each."""

BITS = np.left_shift(1, np.arange(LANES_AT_MOST)).astype(np.uint8)


class Assumed(NamedTuple):
    """What is assumed of the peaks of one lane before there are any.

    An axis that is calibrated already is alike everywhere, so what is assumed of it weighs much; how much peers or spikes
    differ is learnt from the place. No threshold lies below `least`: a calm past is no proof that nothing can happen.
    """

    mean: float
    spread: float
    skew: float
    least: float
    weight: float
    """Quarters that it is worth beside the pool's, and the pool beside a channel's own."""
    certainty: float
    """Quarters of which a new channel's law is as certain."""


@dataclass(frozen=True, eq=False, slots=True)
class Reference:
    """What is assumed of every lane, as columns. Shapes: (L,) each."""

    mean: Floats
    spread: Floats
    skew: Floats
    least: Floats
    weight: Floats
    certainty: Floats

    @classmethod
    def of(cls, lanes: Iterable[Assumed]) -> "Reference":
        """Put what is assumed of each lane into columns."""
        return cls(*np.array(list(lanes)).T)


class PeakBlock(Block):
    """Columns (N,): pool; quarter, the number of the present one; whole, whether it was watched from its start.

    Lanes, a bit each: met, known in this quarter; lately, in this or the last one. Columns (N, L): peak of this quarter;
    quarters that were counted, at most (1 + YOUTH) MEMORY; and (N, L, 3) the moments of their peaks: the mean, and the second
    and third about it, which are differences of nothing and so lose nothing in float32.
    """

    pool: Slots
    quarter: NDArray[np.int32]
    whole: Mask
    met: NDArray[np.uint8]
    lately: NDArray[np.uint8]
    peak: NDArray[np.float32]
    quarters: NDArray[np.uint16]
    moments: NDArray[np.float32]

    def __init__(self, lanes: int) -> None:
        """Start without rows."""
        assert lanes <= LANES_AT_MOST, f"expected at most {LANES_AT_MOST} lanes, got {lanes}"
        super().__init__(
            {
                "pool": ((), np.intp, NO_POOL),
                "quarter": ((), np.int32, NEVER),
                "whole": ((), np.bool_, 0),
                "met": ((), np.uint8, 0),
                "lately": ((), np.uint8, 0),
                "peak": ((lanes,), np.float32, 0.0),
                "quarters": ((lanes,), np.uint16, 0),
                "moments": ((lanes, 3), np.float32, 0.0),
            }
        )


class PoolBlock(Block):
    """What pools had learnt at the last turn: `sums` (P + 1, L, 4) of quarters, and of peak, square and skew in them."""

    keyed_by: ClassVar[Keys] = Keys.POOL

    sums: Floats

    def __init__(self, lanes: int) -> None:
        """Start with the row of no pool."""
        super().__init__({"sums": ((lanes, 4), np.float64, 0.0)})
        self.grow(1)


class Peaks:
    """The peaks of every channel and lane."""

    def __init__(self, reference: Reference) -> None:
        """Assume `reference` where nothing is known."""
        self.reference = reference
        self.block = PeakBlock(len(reference.mean))
        self.pools = PoolBlock(len(reference.mean))

    def join(self, channels: Slots, pools: NDArray[np.int64]) -> None:
        """Say with which others, numbered from 0, the peaks of channels are pooled, -1 for nobody. Shapes (C,)."""
        self.block.pool[channels] = pools
        self.pools.grow(int(pools.max(initial=NO_POOL)) + 2)

    def turns(self, rows: Rows, known: Mask) -> Mask:
        """Return the rows (B,) whose quarter has ended, or of which a lane is `known` (B, L) that was not lately."""
        block, slots = self.block, rows.slots
        ended: Mask = rows.at_us // QUARTER != block.quarter[slots]
        widened: Mask = (lanes_in(known) & ~block.lately[slots]) != 0
        return ended | widened

    def learn(self, rows: Rows, strangeness: Floats, known: Mask) -> None:
        """Take in strangeness where `known`, (B, L). Little of it is news: only that is stored."""
        block, slots = self.block, rows.slots
        quarter, lanes = rows.at_us // QUARTER, lanes_in(known)
        ended = (quarter != block.quarter[slots]).nonzero()[0]
        if len(ended):
            self._count(slots[ended])
            block.quarter[slots[ended]] = quarter[ended]
        met = (lanes & ~block.met[slots]).nonzero()[0]
        if len(met):
            block.met[slots[met]] |= lanes[met]
            block.lately[slots[met]] |= lanes[met]
        higher = (upright(block.peak.take(slots, axis=0)) < strangeness.T) & known.T
        place = np.logical_or.reduce(higher).nonzero()[0]
        if len(place):
            at = slots[place]
            block.peak[at] = np.where(higher[:, place].T, strangeness[place], block.peak[at])

    def _count(self, slots: Slots) -> None:
        """Count the peaks of quarters that ended, and start new ones.

        No peak counts for more than FARTHEST spreads: a true fault must not raise the threshold for weeks, while a
        false alarm that comes every day still does, step by step. What was seen young fades soon.
        Source: polynomial-decay averaging, Shamir and Zhang 2013, section 4.
        """
        block, law = self.block, self.law(slots)
        places = np.arange(block.quarters.shape[1])
        counted = (block.met[slots, None] >> places & 1).astype(np.bool_) & block.whole[slots, None]
        quarters = np.minimum(block.quarters[slots] + counted, (1.0 + YOUTH) * MEMORY)
        peak = np.minimum(block.peak[slots], law.mean + FARTHEST * law.spread)
        rate = np.where(counted, (1.0 + YOUTH) / (np.maximum(quarters, 1.0) + YOUTH), 0.0)
        block.moments[slots] = _moved(block.moments[slots].astype(np.float64), peak, rate)
        block.quarters[slots] = quarters
        block.whole[slots] = block.quarter[slots] != NEVER
        block.lately[slots] = block.met[slots]
        block.met[slots], block.peak[slots] = 0, 0.0

    def turn(self) -> None:
        """Pool what all channels have learnt until now."""
        block, count = self.block, len(self.block)
        row, pools, (mean, square, skew) = block.pool[:count] + 1, len(self.pools), self._own(np.arange(count))
        for lane in range(len(self.reference.mean)):
            quarters = block.quarters[:count, lane]
            worth = np.ones(count), mean[:, lane], square[:, lane], skew[:, lane]
            for place, one in enumerate(worth):
                self.pools.sums[:pools, lane, place] = np.bincount(row, quarters * one, minlength=pools)
        self.pools.sums[0] = 0.0

    def law(self, slots: Slots) -> PeakLaw:
        """Return the law of the peaks of channels (B,): the reference's, moved by the pool's and then by its own.

        Shapes: (B, L).
        """
        block, reference = self.block, self.reference
        pooled, quarters = self.pools.sums[block.pool[slots] + 1], block.quarters[slots].astype(np.float64)
        own_mean, own_square, own_skew = self._own(slots)
        own = quarters / (quarters + reference.weight)
        others = pooled[:, :, 0] + reference.weight
        mean = (pooled[:, :, 1] + reference.weight * reference.mean) / others
        square = (pooled[:, :, 2] + reference.weight * (reference.mean**2 + reference.spread**2)) / others
        skew = (pooled[:, :, 3] + BORROWED_SKEW * reference.skew) / (pooled[:, :, 0] + BORROWED_SKEW)
        mean += own * (own_mean - mean)
        square += own * (own_square - square)
        skew += quarters / (quarters + BORROWED_SKEW) * (own_skew - skew)
        spread = np.sqrt(np.maximum(square - mean**2, (LEAST_SPREAD * reference.spread) ** 2))
        seen = WORTH * quarters + POOL_CERTAINTY * np.minimum(pooled[:, :, 0], POOL_ENOUGH)
        return PeakLaw(mean, spread, skew, reference.certainty + seen)

    def _own(self, slots: Slots) -> tuple[Floats, Floats, Floats]:
        """Return mean, mean square and skew of the peaks that channels (B,) had themselves. Shapes: (B, L)."""
        mean, variance, third = np.moveaxis(self.block.moments.take(slots, axis=0).astype(np.float64), -1, 0)
        return mean, variance + mean**2, skewness(mean, variance, third)


def lanes_in(mask: Mask) -> NDArray[np.uint8]:
    """Return the lanes that are marked in each row (B, L) as the bits of a byte. Shape (B,)."""
    bits: NDArray[np.uint8] = np.einsum("bl,l->b", mask.view(np.uint8), BITS[: mask.shape[1]])
    return bits


def _moved(moments: Floats, peak: Floats, rate: Floats) -> Floats:
    """Return the mean and the second and third moment about it (B, L, 3) with a peak (B, L) in, of the share `rate` (B, L).

    Source: moments of a mixture of two, of which one is a point.
    """
    mean, variance, third = np.moveaxis(moments, -1, 0)
    away, rest = peak - mean, 1.0 - rate
    third = rest * (third - 3.0 * rate * away * variance + rate * (1.0 - 2.0 * rate) * away**3)
    return np.stack([mean + rate * away, rest * (variance + rate * away**2), third], axis=-1)
