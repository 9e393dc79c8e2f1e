"""Spikes: one reading that jumps and comes back, where such jumps are not of the place or the moment.

In: `Rows`, their `Jolt`, how rough the peers are. Out: the strangeness of the reading *before* each row, for the
kind `spike`: told one reading late, since a spike is known by its return.
Its axis: the log of the jump and return, in the largest of what is usual for the channel, its last hour and its peers'
moment.
"""

from typing import NamedTuple

import numpy as np

from detector.anomaly.jolts import Jolt
from detector.anomaly.opinion import Opinion
from detector.state.block import Block
from detector.state.rows import Floats, Rows

FARTHEST = 8.0
"""Usual bends that one reading may count for in those of the last hour."""

LEAST = 2.0
"""Usual jumps that are not strange at all; a channel of two values has no larger ones."""

MOST = 1e6
"""Usual bends beyond which a jump says nothing more."""

FIRST_H = 4.0
"""Hours heard before a channel is judged."""

FIRST_BENDS = 20
"""Bends before a channel is judged: one that hardly ever moved has no usual jump."""

YOUNG_H = 24.0
"""Hours heard at which usual jumps still count double."""


class SpikeBlock(Block):
    """Columns (N,): recent, the mean bend of the last hour, in usual bends."""

    recent: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({"recent": ((), np.float64, 0.0)})


class SpikeView(NamedTuple):
    """How much of a spike the reading before each row was. Shapes: (B,)."""

    opinion: Opinion
    """Its deviation is the distance from the line through the neighbours, in the channel's unit, with its sign."""
    recent: Floats
    usual: Floats
    """Bends that are usual at this moment, by the last hour, the hour of the day and the peers, in those of all times."""


class Spikes:
    """Judges every channel's jumps by what is usual for it and for the moment."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = SpikeBlock()

    def view(self, rows: Rows, jolt: Jolt, abroad: Floats, hourly: Floats) -> SpikeView:
        """Return the strangeness of the reading before every row, before anything is learnt.

        Shapes (B,), log ratios in roots of bends: abroad, by which the peers' roughness exceeds their habit; hourly, what this
        hour of the day adds to that of the channel.
        """
        recent = self.block.recent[rows.slots]
        known = (jolt.heard_h >= FIRST_H) & (jolt.bends >= FIRST_BENDS) & (jolt.weight_h > 0.0)
        doubt = 1.0 + YOUNG_H / np.maximum(jolt.heard_h, FIRST_H)
        everywhere = np.exp(2.0 * abroad)
        usual = np.maximum(recent, 1.0) * everywhere * doubt
        beyond = np.maximum(jolt.in_units(jolt.back, MOST) / usual - LEAST, 0.0)
        opinion = Opinion(np.where(known, np.log1p(beyond), 0.0), known, jolt.away)
        bend = jolt.in_units(jolt.size, FARTHEST)
        moment = np.maximum(recent, 0.5 * (1.0 + np.exp(2.0 * hourly))) * everywhere
        return SpikeView(opinion, recent + jolt.moment * (bend - recent), moment)

    def learn(self, rows: Rows, view: SpikeView) -> None:
        """Take the bends of this moment in."""
        self.block.recent[rows.slots] = view.recent
