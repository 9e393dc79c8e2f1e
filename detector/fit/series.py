"""One channel's readings as arrays, and how recordings become such series.

In: readings, in any order. Out: a `Series` for each device and channel, in order of time, one reading a moment.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.domain import Reading, Rejected
from detector.edge.recording import find_recordings, read_recordings
from detector.errors import RecordingError
from detector.settings import SensorSettings

EVERYTHING = [SensorSettings(name="training")]
"""Any device, all columns."""


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


def fingerprint(series: Iterable[Series]) -> str:
    """Return the SHA-256 of names, times and values, whatever files they came in."""
    digest = hashlib.sha256()
    for one in series:
        digest.update(f"{one.device}\0{one.channel}\0{len(one)}\0".encode())
        digest.update(one.at_us.astype("<i8").tobytes())
        digest.update(one.values.astype("<f8").tobytes())
    return digest.hexdigest()


def load_series(paths: Sequence[Path]) -> list[Series]:
    """Return the series of all recordings in files and folders, file by file, so that only one is open.

    Raises: RecordingError when there is no recording, one cannot be read, or a cell of one is no reading.
    """
    return collect_series(reading for file in find_recordings(paths) for reading in _readings(file))


def _readings(file: Path) -> Iterator[Reading]:
    """Read one recording; training on part of it unawares would be worse than not training."""
    for reading in read_recordings([file], EVERYTHING):
        if isinstance(reading, Rejected):
            raise RecordingError(f"{reading.detail}; mend or remove it before training")
        yield reading
