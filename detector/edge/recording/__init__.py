"""Recordings: readings as CSV files, read merged in time, and written.

In: files and folders, or readings. Out: readings in stream order, or files. `files` finds them, `columns` says whose
columns they are, `reader` reads one, `merge` reads all; `writer` writes one, `scores` writes what a replay says.
"""

from detector.edge.recording.files import find_recordings
from detector.edge.recording.merge import read_recordings, read_rows
from detector.edge.recording.reader import Row
from detector.edge.recording.scores import AlertFile, ReportFile, ScoreFile
from detector.edge.recording.writer import RecordingFile

__all__ = [
    "AlertFile",
    "RecordingFile",
    "ReportFile",
    "Row",
    "ScoreFile",
    "find_recordings",
    "read_recordings",
    "read_rows",
]
