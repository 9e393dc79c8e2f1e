"""Memory that a process and its copy share: the columns of a few batches, and of what became of them.

In: a batch, on a lane of its own. Out: its columns on the other side, without a copy on the way; the same for its report. Who uses a
lane when is agreed by the messages between the two.
"""

import mmap
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from detector.domain import EventTime
from detector.readings import Names, Readings
from detector.report import NO_TIMES, Batch, Report, Tick

LANES: Final = 4
"""Batches that are under way at most: one being stepped through, one on its way back, and two that wait keep both sides at work."""

GIVEN: Final[dict[str, DTypeLike]] = {
    "numbers": np.intp, "at_us": np.int64, "values": np.float64, "now_us": np.int64,
}  # fmt: skip
FOUND: Final[dict[str, DTypeLike]] = {
    "stage": np.int8, "steps_left": np.int32, "steps_needed": np.int32, "forecast_known": np.bool_, "expected": np.float64,
    "lower": np.float64, "upper": np.float64, "score": np.float64, "threshold": np.float64, "anomalous": np.int8,
}  # fmt: skip
"""The columns of a `Report`."""

ALIGNED: Final = 64
"""Bytes of a line of the cache: two columns share none."""


class Lane(NamedTuple):
    """One batch's place. Shapes: every column is (R,), R the most rows of a batch."""

    given: dict[str, NDArray[np.generic]]
    found: dict[str, NDArray[np.generic]]


class SharedRows:
    """The lanes."""

    def __init__(self, rows: int) -> None:
        """Make room for batches of at most `rows` readings; a copy made by fork shares it."""
        columns = {**GIVEN, **FOUND}
        sizes = [-(-rows * np.dtype(dtype).itemsize // ALIGNED) * ALIGNED for dtype in columns.values()]
        self._memory = mmap.mmap(-1, LANES * sum(sizes))
        starts = np.cumsum([0, *LANES * sizes])[:-1].reshape(LANES, len(sizes)).tolist()
        arrays = [
            {
                name: np.frombuffer(self._memory, dtype, rows, start)
                for (name, dtype), start in zip(columns.items(), lane, strict=True)
            }
            for lane in starts
        ]
        self._lanes = [Lane({n: a[n] for n in GIVEN}, {n: a[n] for n in FOUND}) for a in arrays]

    def put_batch(self, lane: int, batch: Batch) -> None:
        """Write the columns of a batch."""
        given, readings = self._lanes[lane].given, batch.readings
        given["numbers"][: len(readings)] = readings.numbers
        given["at_us"][: len(readings)] = readings.at_us
        given["values"][: len(readings)] = readings.values
        given["now_us"][: len(batch.now_us)] = batch.now_us

    def batch(self, lane: int, rows: int, names: Names, ticks: tuple[Tick, ...], hour: EventTime | None) -> Batch:
        """Return a batch of so many readings, as views."""
        columns: dict[str, Any] = {name: column[:rows] for name, column in self._lanes[lane].given.items()}
        now_us = columns.pop("now_us")
        return Batch(Readings(names, **columns), ticks, hour, now_us if rows else NO_TIMES)

    def put_report(self, lane: int, report: Report) -> None:
        """Write the columns of a report."""
        for name, column in self._lanes[lane].found.items():
            column[: len(report.readings)] = getattr(report, name)

    def report_columns(self, lane: int, rows: int) -> dict[str, NDArray[np.generic]]:
        """Return the columns of a report on so many readings; the lane is free then."""
        return {name: column[:rows].copy() for name, column in self._lanes[lane].found.items()}
