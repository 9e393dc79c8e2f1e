"""Recordings to the series that training learns from, and their fingerprint.

In: files and folders. Out: a `Series` for each device and channel; an error where a cell is no reading.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from detector.domain import Reading, Rejected
from detector.edge.recording import find_recordings, read_recordings
from detector.errors import RecordingError
from detector.forecast.series import Series, collect_series
from detector.settings import SensorSettings

EVERYTHING = [SensorSettings(name="training")]
"""Any device, all columns."""


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
