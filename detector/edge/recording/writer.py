"""Writes a recording in the long form, `timestamp,device,channel,value`.

In: readings, in any order. Out: a `.csv` or `.csv.gz` file that reads back to the same readings: values to the last bit,
times to the microsecond. Whatever was flushed survives a crash, in the compressed form as well.
"""

import csv
from pathlib import Path
from types import TracebackType
from typing import Self

from detector.domain import Reading
from detector.edge.recording.files import open_to_write
from detector.edge.recording.form import LONG
from detector.stream.timestamp import format_event_time


class RecordingFile:
    """A recording being written; a context manager."""

    def __init__(self, path: Path) -> None:
        """Start the file anew.

        Raises: RecordingError when it cannot be written.
        """
        self._file = open_to_write(path)
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(LONG)

    def write(self, reading: Reading) -> None:
        """Add one reading."""
        self._csv.writerow((format_event_time(reading.at), reading.device, reading.channel, repr(reading.value)))

    def flush(self) -> None:
        """Bring what was written to the disk's care, so that it outlives this process."""
        self._file.flush()

    def __enter__(self) -> Self:
        """Stay open for the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()
