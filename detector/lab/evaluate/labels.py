"""Reads the labels of somebody's own recordings: from when to when something was amiss, and on which device.

In: a CSV file with the columns `start,end` and perhaps `device`. Out: labels in order of their start.
"""

import csv
from pathlib import Path
from typing import Final, NamedTuple

from detector.domain import EventTime
from detector.edge.recording.files import open_to_read
from detector.edge.recording.form import parse_time
from detector.errors import RecordingError

LABELS: Final = "labels.csv"
"""Where the labels of a folder stand."""


class Label(NamedTuple):
    """Something was amiss from `start` to `end`, both included."""

    start: EventTime
    end: EventTime
    device: str | None
    """None: an alert of any device tells of it."""


def read_labels(path: Path) -> list[Label]:
    """Return the labels of a file. Times are written as in recordings.

    Raises: RecordingError when the file is not there, or a row says something else.
    """
    with open_to_read(path) as file:
        rows = csv.DictReader(file)
        if not {"start", "end"} <= set(rows.fieldnames or ()):
            raise RecordingError(f"{path}:1: expected the header `start,end` or `start,end,device`")
        return sorted(_label(path, line, row) for line, row in enumerate(rows, 2))


def _label(path: Path, line: int, row: dict[str, str | None]) -> Label:
    """Return the label of a row."""
    start, end = (parse_time((row[name] or "").strip()) for name in ("start", "end"))
    if not isinstance(start, int) or not isinstance(end, int) or end < start:
        raise RecordingError(f"{path}:{line}: expected two times, the end not before the start, got: {row}")
    return Label(EventTime(start), EventTime(end), (row.get("device") or "").strip() or None)
