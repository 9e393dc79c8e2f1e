"""What a channel usually reads at this hour of such a day.

In: rows. Out: the value that habit expects of each, in the channel's unit; `learn` moves the habit.
Weekdays and the days of the weekend have habits of their own, in hours of UTC; an hour that one of them has not seen
yet is taken from the other.
"""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import DAY_US, HOURS, LARGEST, Floats, Mask, Rows, Slots, learning_rate, plain_rate
from detector.state.wide import cells

HOUR_S = 3600.0
KINDS_OF_DAY = 2

NEVER = 2.0**62
"""No reading yet, in microseconds: no moment is a day later than that."""

MOST_SEEN = 65_535
"""Readings of an hour that are counted from one day to the next. At one a second time alone decides from 25,200 on."""


class HabitBlock(Block):
    """What each channel usually reads, hour by hour.

    Columns (N, 48): level, in the channel's unit, less the channel's anchor; seen, readings, counted to MOST_SEEN. Columns (N,):
    hour, the one that runs, -1 before the first; now and count, its level and readings, which move into the others when it
    ends: small steps would be lost in float32; anchor, the middle of all when it began; since_us, the first reading of all.
    """

    level: NDArray[np.float32]
    seen: NDArray[np.uint16]
    hour: NDArray[np.int8]
    now: Floats
    count: NDArray[np.int32]
    anchor: Floats
    since_us: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        hours = (KINDS_OF_DAY * HOURS,)
        super().__init__(
            {
                "level": (hours, np.float32, 0.0),
                "seen": (hours, np.uint16, 0),
                "hour": ((), np.int8, -1),
                "now": ((), np.float64, 0.0),
                "count": ((), np.int32, 0),
                "anchor": ((), np.float64, 0.0),
                "since_us": ((), np.int64, NEVER),
            }
        )


class Habit:
    """Every channel's profile of the day."""

    def __init__(self, memory_s: float) -> None:
        """Forget with time constant `memory_s`, of which every hour of the day has its share."""
        self._hour_memory_s = memory_s / HOURS
        self.block = HabitBlock()

    def expected(self, rows: Rows, usual: Floats) -> Floats:
        """Return what habit expects of each row, and `usual` (B,) where it knows nothing. Shape (B,).

        What was read earlier in a channel's first day is no habit.
        """
        block, slots, hour = self.block, rows.slots, rows.hour_of_kind
        level, seen = block.now[slots], block.count[slots]
        turned = (hour != block.hour[slots]).nonzero()[0]
        if len(turned):
            level[turned], seen[turned] = self._of(slots[turned], hour[turned])
        new = (seen == 0).nonzero()[0]
        if len(new):
            borrowed, known = self._of(slots[new], (hour[new] + HOURS) % (KINDS_OF_DAY * HOURS))
            level[new] = np.where(known > 0, borrowed, usual[new])
        return np.where(rows.at_us - block.since_us[slots] >= DAY_US, level, usual)

    def _of(self, slots: Slots, hour: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
        """Return the level of an hour of channels, and the readings behind it; it may be the one that runs. Shapes: (C,)."""
        block, place = self.block, slots * (KINDS_OF_DAY * HOURS) + hour
        runs = hour == block.hour[slots]
        level = block.anchor[slots] + cells(block.level)[place]
        return np.where(runs, block.now[slots], level), np.where(runs, block.count[slots], cells(block.seen)[place])

    def learn(self, rows: Rows, values: Floats, known: Mask) -> None:
        """Move the habit of this hour towards `values` (B,), the rows' own as far as they are believed, where `known`."""
        block, slots, hour = self.block, rows.slots, rows.hour_of_kind
        turned = (hour != block.hour[slots]).nonzero()[0]
        if len(turned):
            self._turn(slots[turned], hour[turned])
        seen, level = block.count[slots], block.now[slots]
        rate = learning_rate(plain_rate(seen), np.minimum(rows.gap_s, HOUR_S), self._hour_memory_s)
        block.now[slots] = np.where(known, level + rate * (values - level), level)
        block.count[slots] = seen + known
        new = known & (block.since_us[slots] == NEVER)
        if np.count_nonzero(new):
            block.since_us[slots[new]] = rows.at_us[new]

    def _turn(self, slots: Slots, hour: NDArray[np.int64]) -> None:
        """Let the hour that runs be this one (C,). All hours are held against their middle one from now on.

        So float32 is spent on what the hours differ by: 1e-7 of that, whatever the channel's unit counts from. Of the middle one, since a
        single wild hour would round all the others.
        """
        block, row = self.block, np.arange(len(slots))
        ended, level = block.hour[slots], block.anchor[slots, None] + block.level.take(slots, axis=0)
        seen = block.seen.take(slots, axis=0)
        level[row, ended], seen[row, ended] = block.now[slots], np.minimum(block.count[slots], MOST_SEEN)
        count = np.count_nonzero(seen, axis=1)
        middle = np.sort(np.where(seen > 0, level, np.inf), axis=1)[row, np.maximum(count - 1, 0) // 2]
        anchor = np.where(count > 0, middle, 0.0)
        differs = np.where(seen > 0, level - anchor[:, None], 0.0).clip(-LARGEST, LARGEST)
        block.level[slots], block.seen[slots], block.anchor[slots] = differs, seen, anchor
        block.hour[slots], block.now[slots], block.count[slots] = hour, level[row, hour], seen[row, hour]
