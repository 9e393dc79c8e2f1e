"""Reads many recordings as one stream, merged in time, row by row and in constant memory.

In: files and folders, and the `sensors` entries. Out: rows, or readings, in stream order. A row comes when its own
recording had reached its largest timestamp so far; of two at one moment, the one of the earlier recording comes first.
So the order depends on the recordings alone, and cutting all of them off at a moment cuts the stream off there.
"""

import heapq
import resource
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from detector.domain import Reading, Rejected
from detector.edge.recording.columns import Claims
from detector.edge.recording.files import find_recordings
from detector.edge.recording.reader import Recording, Row
from detector.errors import RecordingError
from detector.settings.sensors import SensorSettings

SPARE_FILES = 128
"""Open files that the rest of the process may want beside the recordings."""


def read_recordings(inputs: Sequence[Path], sensors: Sequence[SensorSettings]) -> Iterator[Reading | Rejected]:
    """Yield the readings of all recordings in stream order, and what was rejected where it stood.

    Raises: RecordingError as `read_rows` does.
    """
    for row in read_rows(inputs, sensors):
        yield from row.readings


def read_rows(inputs: Sequence[Path], sensors: Sequence[SensorSettings]) -> Iterator[Row]:
    """Yield the rows of all recordings in stream order.

    Raises: RecordingError when a file is missing, damaged or no recording, or two wide ones are of one device.
    """
    claims, paths = Claims(sensors), find_recordings(inputs)
    _allow_open_files(len(paths))
    with ExitStack() as opened:
        recordings = [opened.enter_context(Recording(path, order, claims)) for order, path in enumerate(paths)]
        _refuse_same_device(recordings)
        yield from heapq.merge(*(recording.rows() for recording in recordings))


def _allow_open_files(count: int) -> None:
    """Raise our limit on open files where so many recordings need it; a merge holds all of them open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))


def _refuse_same_device(recordings: list[Recording]) -> None:
    """Refuse two wide recordings whose names give the same device: nobody can say whether it is one or two."""
    path_of: dict[str, Path] = {}
    for recording in recordings:
        if recording.device is None:
            continue
        other = path_of.setdefault(recording.device, recording.path)
        if other != recording.path:
            raise RecordingError(
                f"{recording.path}: expected a device of its own for each wide recording, got {recording.device!r} "
                f"again, as in {other}; rename one, or join them in the long form (timestamp,device,channel,value)"
            )
