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
NEVER = np.iinfo(np.int64).min


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

    Columns (N, L): met, known in this quarter; lately, in this or the last one; peak of this quarter; quarters that
    were counted; and (N, L, 3) the moments of their peaks.
    """

    pool: Slots
    quarter: NDArray[np.int64]
    whole: Mask
    met: Mask
    lately: Mask
    peak: Floats
    quarters: Floats
    moments: Floats

    def __init__(self, lanes: int) -> None:
        """Start without rows."""
        masks, floats = dict.fromkeys(("met", "lately"), np.bool_), dict.fromkeys(("peak", "quarters"), np.float64)
        super().__init__(
            {
                "pool": ((), np.intp, NO_POOL),
                "quarter": ((), np.int64, NEVER),
                "whole": ((), np.bool_, 0),
                "moments": ((lanes, 3), np.float64, 0.0),
                **{name: ((lanes,), dtype, 0) for name, dtype in (masks | floats).items()},
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

    def learn(self, rows: Rows, strangeness: Floats, known: Mask) -> Mask:
        """Take in strangeness where `known`, (B, L); return whose quarter ended, (B,)."""
        block, slots = self.block, rows.slots
        quarter = rows.at_us // QUARTER
        ended: Mask = quarter != block.quarter[slots]
        if ended.any():
            self._count(slots[ended])
        block.quarter[slots] = quarter
        block.met[slots] = block.met.take(slots, axis=0) | known
        block.lately[slots] = block.lately.take(slots, axis=0) | known
        block.peak[slots] = np.maximum(block.peak.take(slots, axis=0), np.where(known, strangeness, 0.0))
        return ended

    def _count(self, slots: Slots) -> None:
        """Count the peaks of quarters that ended, and start new ones.

        No peak counts for more than FARTHEST spreads: a true fault must not raise the threshold for weeks, while a
        false alarm that comes every day still does, step by step. What was seen young fades soon.
        Source: polynomial-decay averaging, Shamir and Zhang 2013, section 4.
        """
        block, law = self.block, self.law(slots)
        counted = block.met[slots] & block.whole[slots][:, None]
        quarters = np.minimum(block.quarters[slots] + counted, (1.0 + YOUTH) * MEMORY)
        peak = np.minimum(block.peak[slots], law.mean + FARTHEST * law.spread)
        rate = np.where(counted, (1.0 + YOUTH) / (np.maximum(quarters, 1.0) + YOUTH), 0.0)[:, :, None]
        block.moments[slots] += rate * (peak[:, :, None] ** np.arange(1, 4) - block.moments[slots])
        block.quarters[slots] = quarters
        block.whole[slots] = block.quarter[slots] != NEVER
        block.lately[slots] = block.met[slots]
        block.met[slots], block.peak[slots] = False, 0.0

    def turn(self) -> None:
        """Pool what all channels have learnt until now."""
        block, count = self.block, len(self.block)
        row, pools = block.pool[:count] + 1, len(self.pools)
        for lane in range(len(self.reference.mean)):
            quarters, moments = block.quarters[:count, lane], block.moments[:count, lane]
            worth = np.ones(count), moments[:, 0], moments[:, 1], skewness(moments)
            for place, one in enumerate(worth):
                self.pools.sums[:pools, lane, place] = np.bincount(row, quarters * one, minlength=pools)
        self.pools.sums[0] = 0.0

    def law(self, slots: Slots) -> PeakLaw:
        """Return the law of the peaks of channels (B,): the reference's, moved by the pool's and then by its own.

        Shapes: (B, L).
        """
        block, reference = self.block, self.reference
        pooled, quarters, moments = self.pools.sums[block.pool[slots] + 1], block.quarters[slots], block.moments[slots]
        own = quarters / (quarters + reference.weight)
        others = pooled[:, :, 0] + reference.weight
        mean = (pooled[:, :, 1] + reference.weight * reference.mean) / others
        square = (pooled[:, :, 2] + reference.weight * (reference.mean**2 + reference.spread**2)) / others
        skew = (pooled[:, :, 3] + BORROWED_SKEW * reference.skew) / (pooled[:, :, 0] + BORROWED_SKEW)
        mean += own * (moments[:, :, 0] - mean)
        square += own * (moments[:, :, 1] - square)
        skew += quarters / (quarters + BORROWED_SKEW) * (skewness(moments) - skew)
        spread = np.sqrt(np.maximum(square - mean**2, (LEAST_SPREAD * reference.spread) ** 2))
        seen = WORTH * quarters + POOL_CERTAINTY * np.minimum(pooled[:, :, 0], POOL_ENOUGH)
        return PeakLaw(mean, spread, skew, reference.certainty + seen)
