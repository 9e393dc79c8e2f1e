"""What the operator wrote about each channel: its possible range, what is too small to matter, which side matters.

In: `ChannelSettings`. Out: arrays over slots, and for each row whether it is out of range or worth an alert.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import Direction
from detector.settings import ChannelSettings
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows, Slots
from detector.state.slots import Slot

SIDES = {Direction.BOTH: 0, Direction.ABOVE: 1, Direction.BELOW: -1}


class LimitBlock(Block):
    """Columns (N,): low and high (infinite where unlimited), min_deviation, side (1 above, -1 below, 0 both)."""

    low: Floats
    high: Floats
    min_deviation: Floats
    side: NDArray[np.int8]

    def __init__(self) -> None:
        """Start without rows, without limits."""
        super().__init__(
            {
                "low": ((), np.float64, -np.inf),
                "high": ((), np.float64, np.inf),
                "min_deviation": ((), np.float64, 0.0),
                "side": ((), np.int8, 0),
            }
        )


class Limits:
    """The operator's limits of every channel."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = LimitBlock()

    def set(self, slots: Slots | Slot, channel: ChannelSettings) -> None:
        """Take over what the configuration says of the channels in `slots`."""
        low, high = channel.range or (-np.inf, np.inf)
        self.block.low[slots], self.block.high[slots] = low, high
        self.block.min_deviation[slots] = channel.min_deviation
        self.block.side[slots] = SIDES[channel.direction]

    def outside(self, rows: Rows) -> NDArray[np.int8]:
        """Return 1 above the range, -1 below it, 0 within. Shape (B,)."""
        above = rows.values > self.block.high[rows.slots]
        below = rows.values < self.block.low[rows.slots]
        return above.astype(np.int8) - below.astype(np.int8)

    def matters(self, slots: Slots, deviation: Floats) -> Mask:
        """Return whether a deviation (B,), with its sign and in the channel's unit, is worth an alert."""
        side = self.block.side[slots]
        wanted: Mask = (side == 0) | (np.sign(deviation) == side)
        wanted &= np.abs(deviation) >= self.block.min_deviation[slots]
        return wanted
