"""One channel's readings as arrays, for those who forecast what is already known.

In: readings, in any order. Out: a `Series` for each device and channel, in order of time, one reading a moment.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.domain import Reading, Rejected


@dataclass(frozen=True, eq=False)
class Series:
    """All readings of one channel. Shapes: at_us (T,) int64, event time, rising; values (T,) float64, the channel's unit."""

    device: str
    channel: str
    at_us: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        """Return how many readings there are."""
        return len(self.values)


def collect_series(readings: Iterable[Reading | Rejected]) -> list[Series]:
    """Return the series of every channel, sorted by device and channel; of two readings at one moment the first stays."""
    times: dict[tuple[str, str], array[int]] = {}
    values: dict[tuple[str, str], array[float]] = {}
    for reading in readings:
        if isinstance(reading, Rejected):
            continue
        key = (reading.device, reading.channel)
        times.setdefault(key, array("q")).append(reading.at)
        values.setdefault(key, array("d")).append(reading.value)
    return [_in_order(key, np.asarray(times[key]), np.asarray(values[key])) for key in sorted(times)]


def _in_order(key: tuple[str, str], at_us: NDArray[np.int64], values: NDArray[np.float64]) -> Series:
    """Sort by time and drop duplicates."""
    moments, first = np.unique(at_us, return_index=True)
    return Series(*key, moments, values[first])
