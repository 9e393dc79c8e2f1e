"""Tells readings that were stored and are sent on after an outage from those that tell of now.

In: rows in order, and how late the stream is at each of them. Out: how far behind each row is. A device whose clock
goes wrong, or whose readings always take their time, keeps its distance from the stream and is live; stored readings fall
far behind it at once, and then catch up, faster than time itself.
"""

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.rows import Floats, Rows

BEHIND = 600 * MICROSECONDS
"""A reading that is less late than this tells of now, whatever came before it."""

CATCHING_UP = 4
"""A channel catches up that gains more than one part in so many of the time between two of its readings."""

NEVER = np.iinfo(np.int64).min


class BacklogBlock(Block):
    """How far each channel's last reading was behind the stream. Columns (N,): lag (µs)."""

    lag: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({"lag": ((), np.int64, NEVER)})


class Backlog:
    """How far behind the stream every channel is."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = BacklogBlock()

    def behind_s(self, rows: Rows, now_us: NDArray[np.int64]) -> Floats:
        """Return how long ago was what each row (B,) tells of, seconds; 0 where that is now. `now_us` (B,) is the stream clock."""
        lag = np.maximum(now_us - rows.at_us, 0)
        before = self.block.lag[rows.slots]
        self.block.lag[rows.slots] = lag
        behind = lag > BEHIND
        if not np.count_nonzero(behind):
            return np.zeros(len(lag))
        before = np.where(before == NEVER, lag, before)
        fell_behind, gained_us = lag - before > BEHIND, before - lag
        catches_up = gained_us * CATCHING_UP > (rows.gap_s * MICROSECONDS)
        stored = behind & (fell_behind | catches_up)
        return np.where(stored, lag / MICROSECONDS, 0.0)
