"""How strong open episodes have been at most, source by source: what a threshold would have had to be for them not to open.

In: how strong each source was at each row, on thresholds as they were learnt. Out: the heights of an episode, while it is
open and when it closes.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.episode import Lane
from detector.anomaly.organs import ORGANS, Organ
from detector.domain import Height
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Slots


class Rule(IntEnum):
    """The rules that have a threshold, in the order of their columns behind the organs'."""

    STUCK = ORGANS
    CLIPPED = ORGANS + 1


SOURCES: Final = (*(organ.name.lower() for organ in Organ), *(rule.name.lower() for rule in Rule))
"""What opens episodes and has a threshold, by the number of its column."""

LANE_OF: Final = (*[Lane.LEARNT] * ORGANS, Lane.STUCK, Lane.CLIPPED)
"""The lane in which each source opens episodes."""


class HeightBlock(Block):
    """Columns (N, SOURCES): height, of the lane's episode; (N,): opener, the organ that opened the last one."""

    height: NDArray[np.float32]
    opener: NDArray[np.int8]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({"height": ((len(SOURCES),), np.float32, 0.0), "opener": ((), np.int8, 0)})


class Heights:
    """The heights of every channel's episodes."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = HeightBlock()

    def learn(self, slots: Slots, strength: Floats, opener: Slots, opened: Mask, is_open: Mask) -> None:
        """Take in rows that have open episodes.

        Shapes: slots and opener, the organ that has most to say, (C,); strength (C, SOURCES), 1.0 is the learnt threshold;
        opened at this row, and is_open after it, (C, LANES).
        """
        block, before = self.block, self.block.height[slots]
        begun, lasts = opened[:, LANE_OF], is_open[:, LANE_OF]
        block.height[slots] = np.where(begun, strength, np.where(lasts, np.maximum(before, strength), before))
        begun_learnt = opened[:, Lane.LEARNT]
        block.opener[slots[begun_learnt]] = opener[begun_learnt]

    def of(self, channel: int, lane: Lane) -> tuple[Height, ...]:
        """Return the heights of a lane's episode, of those that would have opened it; its opener first."""
        if lane is Lane.RANGE:
            return ()
        height, places = self.block.height[channel], [place for place, of in enumerate(LANE_OF) if of is lane]
        first = int(self.block.opener[channel]) if lane is Lane.LEARNT else places[0]
        others = [place for place in places if place != first and height[place] >= 1.0]
        return tuple(Height(SOURCES[place], float(height[place])) for place in (first, *others))
