"""Writes what the engine said: a score row for every reading, and a line for every alert event.

In: `Report`s. Out: CSV rows `timestamp,device,channel,value,expected,lower,upper,score,anomalous`, and JSON lines.
A value is written with as many digits as tell it from its neighbours; forecasts and scores with nine.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from detector.domain import Stage
from detector.edge.alert_topics import alert_json
from detector.edge.recording.files import open_to_write
from detector.report import Report
from detector.stream.timestamp import format_event_time

COLUMNS = ("timestamp", "device", "channel", "value", "expected", "lower", "upper", "score", "anomalous")


class ReportFile(Protocol):
    """Somewhere to write reports to; a context manager."""

    def write(self, report: Report) -> None:
        """Add what a report says."""
        ...


class _Output:
    """A text file that is open for the block."""

    def __init__(self, path: Path) -> None:
        """Start the file anew.

        Raises: RecordingError when it cannot be written.
        """
        self._file = open_to_write(path)

    def __enter__(self) -> Self:
        """Stay open for the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()


class ScoreFile(_Output):
    """The scores as CSV."""

    def __init__(self, path: Path) -> None:
        """Start the file with its header."""
        super().__init__(path)
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(COLUMNS)

    def write(self, report: Report) -> None:
        """Add one row for every reading of a report, in its order."""
        self._csv.writerows(score_rows(report))


class AlertFile(_Output):
    """The alert events as JSON lines."""

    def write(self, report: Report) -> None:
        """Add one line for every event of a report."""
        for event in report.events:
            self._file.write(orjson.dumps(alert_json(event)).decode() + "\n")


def score_rows(report: Report) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each reading; a number that does not exist is an empty cell."""
    return zip(
        (format_event_time(reading.at) for reading in report.readings),
        (reading.device for reading in report.readings),
        (reading.channel for reading in report.readings),
        (repr(reading.value) for reading in report.readings),
        *(_numbers(column, report.forecast_known) for column in (report.expected, report.lower, report.upper)),
        _numbers(report.score, report.stage == Stage.SCORED),
        map(str, report.anomalous.tolist()),
        strict=True,
    )


def _numbers(column: NDArray[np.float64], exists: NDArray[np.bool_]) -> Iterator[str]:
    """Yield a column's numbers with nine digits, or nothing where there is none."""
    return (f"{number:.9g}" if known else "" for number, known in zip(column.tolist(), exists.tolist(), strict=True))
