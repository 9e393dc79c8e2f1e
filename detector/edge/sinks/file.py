"""The way to a file: alert events as JSON lines, each on the disk before it is answered for.

In: alert events. Out: lines, and answers. The file is opened for each going, so one that was moved away is begun anew. A line that
did not fit is taken back; one that a crash cut off is closed by a line's end, so that no later one is lost to it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from detector.domain import AlertEvent
from detector.edge.alert_topics import alert_json
from detector.edge.folder import sync_folder
from detector.edge.sinks.porter import Carried
from detector.edge.sinks.sink import Answer

AT_ONCE: Final = 200
"""Most events that share one wait for the disk."""

MODE: Final = 0o640


class AlertFile:
    """Appends to one file."""

    def __init__(self, path: Path) -> None:
        """Remember where; nothing is opened."""
        self._path = path

    def carry(self, items: Sequence[AlertEvent]) -> Carried:
        """Append events, all of them or none."""
        try:
            self._append(b"".join(orjson.dumps(alert_json(event)) + b"\n" for event in items))
        except OSError as fault:
            said = f"cannot write {self._path}: {fault.strerror}"
            return Carried([Answer(event.key, said) for event in items])
        return Carried([Answer(event.key) for event in items])

    def abort(self) -> None:
        """Do nothing: a disk does not let go of whoever waits for it."""

    def _append(self, lines: bytes) -> None:
        """Bring lines to the disk.

        Raises: OSError, and leaves the file as it was.
        """
        file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, MODE)
        try:
            size = os.fstat(file).st_size
            if size == 0:  # it may be new, and its name not on the disk
                sync_folder(self._path.parent)
            torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            try:
                _write(file, b"\n" + lines if torn else lines)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, size)
                raise
        finally:
            os.close(file)


def _write(file: int, content: bytes) -> None:
    """Write all of it: a disk that fills up may take the beginning and say nothing."""
    while content:
        content = content[os.write(file, content) :]
