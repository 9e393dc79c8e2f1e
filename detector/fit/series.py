"""One channel's readings as arrays, and how recordings become such series.

In: readings, in any order. Out: a `Series` for each device and channel, in order of time, one reading a moment.
"""

import csv
import gzip
import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS, EventTime, Reading, Rejected
from detector.errors import RecordingError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    Raises: RecordingError when there is no recording or one cannot be read.
    """
    files = [file for path in paths for file in _recordings(path)]
    return collect_series(reading for file in files for reading in _readings(file))


def _recordings(path: Path) -> list[Path]:
    """Return the recordings that a path names."""
    files = sorted([*path.rglob("*.csv"), *path.rglob("*.csv.gz")]) if path.is_dir() else [path]
    if not files or not path.exists():
        raise RecordingError(f"{path}: expected a recording or a folder of them (.csv, .csv.gz), found none")
    return files


def _readings(path: Path) -> Iterator[Reading]:
    """Read one recording, wide or long; stands in for `edge.recording.read_recordings` until that lands."""
    device = path.name.removesuffix(".gz").removesuffix(".csv")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        long = header == ["timestamp", "device", "channel", "value"]
        try:
            for row in rows:
                at = _event_time(row[0])
                cells = (
                    [(row[1], row[2], row[3])]
                    if long
                    else [(device, *cell) for cell in zip(header[1:], row[1:], strict=True)]
                )
                for owner, channel, text in cells:
                    if text and np.isfinite(value := float(text)):
                        yield Reading(owner, channel, at, value, 0)
        except (ValueError, IndexError, OSError) as fault:
            raise RecordingError(f"{path}:{rows.line_num}: expected a timestamp and numbers, got: {fault}") from fault


def _event_time(text: str) -> EventTime:
    """Read ISO 8601 or Unix seconds."""
    if text.replace(".", "", 1).isdigit():
        return EventTime(round(float(text) * MICROSECONDS))
    moment = datetime.fromisoformat(text)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
    return EventTime((since.days * 86_400 + since.seconds) * MICROSECONDS + since.microseconds)
