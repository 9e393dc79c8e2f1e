"""How large a number usually is at this hour of the day: noon may be restless where the night is calm.

In: sizes, hour by hour. Out: half the scale of the hour, half that of all hours. What an hour taught is taken in when
it is over, so that a fault cannot make itself usual while it lasts.
"""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import HOURS, MEAN_TO_SIGMA, Floats, Slots

MEMORY_H = 150.0
"""Hours over which the scale of all hours forgets."""

BORROWED, BORROWED_H = 0.1, 12.0
"""A new channel's scale in its own units, and the hours for which that counts."""

HOUR_RATE = 0.2
"""Share of a day's hour in what is known of that hour: about five days are remembered."""

LARGEST = 4.0
"""Sizes beyond so many scales count as that many: a fault teaches little."""

ENOUGH_S = 1800.0
"""Seconds of an hour that make it count in full."""


class HourBlock(Block):
    """Scales, float32: `hours` (N, HOURS), 0 for never seen; `overall`; the running hour's `total` over `time_s`."""

    hours: NDArray[np.float32]
    overall: NDArray[np.float32]
    total: NDArray[np.float32]
    time_s: NDArray[np.float32]
    hour: NDArray[np.int8]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "hours": ((HOURS,), np.float32, 0.0),
                "overall": ((), np.float32, BORROWED),
                "total": ((), np.float32, 0.0),
                "time_s": ((), np.float32, 0.0),
                "hour": ((), np.int8, 0),
            }
        )


class HourlyScale:
    """The scale of one number of every channel, by hour of the day."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = HourBlock()

    def current(self, slots: Slots, hour: NDArray[np.int64]) -> Floats:
        """Return the scale that holds at each row's `hour` (B,) of the day. Shape (B,)."""
        of_hour, overall = self.block.hours[slots, hour], self.block.overall[slots].astype(np.float64)
        return 0.5 * (np.where(of_hour > 0.0, of_hour, overall) + overall)

    def learn(self, slots: Slots, hour: NDArray[np.int64], sizes: Floats, weight_h: Floats, age_h: Floats) -> None:
        """Take in sizes (B,), each standing for `weight_h` (B,) hours, of channels known for `age_h` (B,) hours."""
        block, overall = self.block, self.block.overall[slots].astype(np.float64)
        sizes = np.minimum(MEAN_TO_SIGMA * sizes, LARGEST * self.current(slots, hour))
        rate = weight_h * np.maximum(1.0 / MEMORY_H, 1.0 / (BORROWED_H + age_h))
        block.overall[slots] = overall + rate * (sizes - overall)
        block.total[slots] += weight_h * sizes
        block.time_s[slots] += 3600.0 * weight_h
        block.hour[slots] = hour

    def turn(self) -> None:
        """Take in what the hour taught that has just ended."""
        block = self.block
        slots = np.flatnonzero(block.time_s[: len(block)] > 0.0)
        hour, time_s = block.hour[slots], block.time_s[slots].astype(np.float64)
        size, known = 3600.0 * block.total[slots] / time_s, block.hours[slots, hour].astype(np.float64)
        learnt = known + HOUR_RATE * np.minimum(time_s / ENOUGH_S, 1.0) * (np.minimum(size, LARGEST * known) - known)
        block.hours[slots, hour] = np.where(known > 0.0, learnt, 0.5 * (size + block.overall[slots]))
        block.total[slots] = block.time_s[slots] = 0.0

    def rescale(self, slots: Slots, kept: Floats) -> None:
        """Go over to a unit in which old sizes are worth `kept` (C,); never below what a new channel borrows."""
        block = self.block
        block.overall[slots] = np.maximum(block.overall[slots] * kept, BORROWED)
        block.total[slots] *= kept
        block.hours[slots] *= kept[:, None].astype(np.float32)
