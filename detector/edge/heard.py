"""When every device was heard: rows of first, last and how many times.

In: devices and event times of readings. Out: when a device was heard, and whether it is gone. Not thread-safe, its owner holds the lock.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS, EventTime
from detector.state.block import Block

GONE_AFTER_S: Final = 3600.0
GONE_AFTER_GAPS: Final = 10
"""A device is gone when it was not heard for an hour and for ten of its mean gaps, whichever is longer."""


class HeardBlock(Block):
    """Event times (D,), and how many times."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    times: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(dict.fromkeys(("first", "last", "times"), ((), np.int64, 0)))


class Heard:
    """Every device ever heard; a row that was let go serves another."""

    def __init__(self) -> None:
        """Start with no device."""
        self._block = HeardBlock()
        self._row_of: dict[str, int] = {}
        self._free: list[int] = []

    def __iter__(self) -> Iterator[str]:
        """Iterate over the devices, in order of first sight."""
        return iter(self._row_of)

    def row(self, device: str) -> int:
        """Return the row of a device; a new one if it has none."""
        row = self._row_of.get(device)
        if row is None:
            row = self._row_of[device] = self._free.pop() if self._free else len(self._row_of)
            self._block.grow(row + 1)
            self._block.begin(np.array([row]))
        return row

    def forget(self, device: str) -> bool:
        """Let a device go; return whether it was known."""
        row = self._row_of.pop(device, None)
        if row is not None:
            self._free.append(row)
        return row is not None

    def hear(self, rows: NDArray[np.intp], at_us: NDArray[np.int64]) -> None:
        """Note when devices were heard; the readings of one message are one time. Shapes: (B,)."""
        block = self._block
        who, first, whose = _distinct(rows, len(block))
        at_once = at_us[first]
        if (at_us == at_once[whose]).all():
            new = block.times[who] == 0
            block.first[who[new]] = at_once[new]
            later = new | (at_once > block.last[who])
            block.last[who[later]] = at_once[later]
            block.times[who[later]] += 1
        else:
            for row, at in zip(rows.tolist(), at_us.tolist(), strict=True):
                if not block.times[row]:
                    block.first[row] = at
                if not block.times[row] or at > block.last[row]:
                    block.last[row], block.times[row] = at, block.times[row] + 1

    def gone(self, now: EventTime) -> NDArray[np.bool_]:
        """Return which rows are of devices that are gone by now."""
        block = self._block
        mean_gap = (block.last - block.first) // np.maximum(block.times - 1, 1)
        gone_at = block.last + np.maximum(int(GONE_AFTER_S * MICROSECONDS), GONE_AFTER_GAPS * mean_gap)
        gone: NDArray[np.bool_] = gone_at < now
        return gone

    def columns(self) -> tuple[list[str], Mapping[str, NDArray[np.int64]]]:
        """Return every device, and when it was heard: the columns of `HeardBlock`."""
        rows = np.fromiter(self._row_of.values(), np.intp, len(self._row_of))
        return list(self._row_of), {name: getattr(self._block, name)[rows] for name in ("first", "last", "times")}

    def restore(self, heard: Mapping[str, Sequence[int]]) -> None:
        """Take back when devices were heard: first, last and times of each."""
        for device, times in heard.items():
            row = self.row(device)
            self._block.first[row], self._block.last[row], self._block.times[row] = times


def _distinct(rows: NDArray[np.intp], most: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return each row below `most` once, where it stands first, and for every one which of these it is; as `np.unique`, in another order.

    Readings of one message stand beside each other: where those of each device do, nothing has to be sorted.
    """
    begins = np.ones(len(rows), np.bool_)
    np.not_equal(rows[1:], rows[:-1], out=begins[1:])
    first = begins.nonzero()[0]
    who, place = rows[first], np.arange(len(first))
    last_of = np.empty(most, np.intp)
    last_of[who] = place
    if (last_of[who] == place).all():
        return who, first, np.cumsum(begins) - 1
    return np.unique(rows, return_index=True, return_inverse=True)
