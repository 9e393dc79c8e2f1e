"""Reads one recording, wide (`timestamp,<channel>,...`) or long (`timestamp,device,channel,value`), row by row.

In: a `.csv` or `.csv.gz` file. Out: `Row`s of readings and of what was rejected. One line is one row: a stray
quote spoils its own line and no other. A last line without an end counts as far as it goes; a gzip stream that
breaks off ends the recording there, and says so. An empty cell is a missing value, an empty file an empty recording.
"""

import zlib
from collections.abc import Iterator, Sequence
from gzip import BadGzipFile
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from detector.domain import EventTime, Reading, Rejected, RejectReason
from detector.edge.recording.columns import Claim, Claims
from detector.edge.recording.files import MAX_LINE, lines_of, open_to_read, stem
from detector.edge.recording.form import EARLIEST, LONG, header_fault, is_name, parse_time, split_cells
from detector.errors import RecordingError
from detector.stream.names import shown
from detector.stream.number import parse_number


class Row(NamedTuple):
    """One row of a recording; rows of several recordings sort into stream order."""

    arrived: EventTime
    """The largest timestamp of its recording up to this row: a late row stays where it came in."""
    order: int
    """Place of its recording among the inputs."""
    readings: tuple[Reading | Rejected, ...]


class Recording:
    """One open recording; a context manager."""

    def __init__(self, path: Path, order: int, claims: Claims) -> None:
        """Open a recording and read its header.

        Raises: RecordingError when the file cannot be opened or the header is of neither form.
        """
        self.path = path
        self._order = order
        self._claims = claims
        self._arrived = EARLIEST
        self._line = 1
        self._stamped = "", parse_time("")
        self._file = open_to_read(path)
        self._lines = lines_of(self._file)
        try:
            self._columns = self._header()
            self.device = None if self._columns in (LONG, []) else self._named_by_file()
            """The device of a wide recording."""
        except RecordingError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        """Stay open for the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def rows(self) -> Iterator[Row]:
        """Yield the rows that hold anything, in the order of the lines.

        Raises: RecordingError when the file is damaged.
        """
        try:
            for line in self._lines:
                self._line += 1
                readings = tuple(self._read(line)) if line is not None else (self._too_long(),)
                if readings:
                    yield Row(self._arrived, self._order, readings)
        except EOFError:
            cut_off = self._reject(
                RejectReason.MALFORMED, "expected the rest of the gzip stream, it breaks off after this line"
            )
            yield Row(self._arrived, self._order, (cut_off,))
        except (BadGzipFile, zlib.error, OSError) as fault:
            raise self._damaged(fault) from fault

    def _header(self) -> list[str]:
        """Return the columns; none for an empty recording."""
        try:
            line = next(self._lines, "")
        except EOFError:
            return []
        except (BadGzipFile, zlib.error, OSError) as fault:
            raise self._damaged(fault) from fault
        if line is None:
            raise RecordingError(f"{self.path}:1: expected a header of at most {MAX_LINE} characters, got more")
        if not line:
            return []
        columns = [column.strip() for column in split_cells(line) or [line]]
        amiss = header_fault(columns)
        if amiss is not None:
            raise RecordingError(
                f"{self.path}:1: expected the header `timestamp,<channel>,...` or `{','.join(LONG)}`, "
                f"comma-separated UTF-8, got {shown(line.strip())!r}: {amiss}; mend the first line"
            )
        return columns

    def _named_by_file(self) -> str:
        """Return the device that the file is named after.

        Raises: RecordingError when no device may be called so.
        """
        device = stem(self.path)
        if not is_name(device):
            raise RecordingError(
                f"{shown(str(self.path))}: expected a file named after its device, got {shown(device)!r}; rename it, to at"
                " most 256 characters, none of them for control"
            )
        return device

    def _read(self, line: str) -> Iterator[Reading | Rejected]:
        """Yield what one line gives."""
        cells = split_cells(line)
        if cells is None or len(cells) > len(self._columns):
            yield self._reject(
                RejectReason.MALFORMED, f"expected {len(self._columns)} cells, got {shown(line.strip())!r}"
            )
            return
        if not any(cells[1:]):
            return
        at = self._at(cells[0])
        if isinstance(at, Rejected):
            yield self._reject(*at)
            return
        self._arrived = max(self._arrived, at)
        if self.device is None:
            yield from self._read_long(cells, at)
        else:
            yield from self._read_wide(self.device, cells, at)

    def _read_wide(self, device: str, cells: Sequence[str], at: EventTime) -> Iterator[Reading | Rejected]:
        """Yield a reading for every cell that is neither empty nor unasked for."""
        claim = self._claims.of(device)
        for column, cell in zip(self._columns[1:], cells[1:], strict=False):
            if cell:
                yield from self._reading(device, column, at, cell, claim)

    def _read_long(self, cells: Sequence[str], at: EventTime) -> Iterator[Reading | Rejected]:
        """Yield the reading of a row, unless its value is missing or unasked for."""
        if len(cells) < len(LONG):
            yield self._reject(RejectReason.MALFORMED, f"expected {len(LONG)} cells, got {len(cells)}")
            return
        _, device, column, cell = cells
        if not (is_name(device) and is_name(column)):
            yield self._reject(
                RejectReason.BAD_NAME, f"expected a device and a channel, got {shown(device)!r}, {shown(column)!r}"
            )
        elif cell:
            yield from self._reading(device, column, at, cell, self._claims.of(device))

    def _reading(
        self, device: str, column: str, at: EventTime, cell: str, claim: Claim | None
    ) -> Iterator[Reading | Rejected]:
        """Yield the reading of a cell, why there is none, or nothing when nobody asks for it."""
        if claim is None:
            yield self._reject(RejectReason.UNKNOWN_TOPIC, f"no `sensors` entry is for device {shown(device)!r}")
            return
        channel = claim.channel(column)
        if channel is None:
            return
        value = parse_number(cell, column)
        if isinstance(value, Rejected):
            yield self._reject(*value)
        else:
            yield Reading(device, channel, at, value, claim.entry)

    def _at(self, text: str) -> EventTime | Rejected:
        """Return the event time of a row; neighbouring rows often share it."""
        if text != self._stamped[0]:
            self._stamped = text, parse_time(text)
        return self._stamped[1]

    def _too_long(self) -> Rejected:
        """Say that a line was not held."""
        return self._reject(RejectReason.TOO_LARGE, f"expected at most {MAX_LINE} characters, got more")

    def _reject(self, reason: RejectReason, detail: str) -> Rejected:
        """Say what was rejected, and where."""
        return Rejected(reason, f"{self.path}:{self._line}: {detail}"[-200:])

    def _damaged(self, fault: Exception) -> RecordingError:
        """Say where the file stopped making sense."""
        return RecordingError(f"{self.path}:{self._line}: expected a sound file, got: {fault}; copy it anew")
