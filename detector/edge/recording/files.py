"""Finds recordings, and opens files of either kind: `.csv` and `.csv.gz`.

In: files and folders as a person gives them. Out: the recordings in a fixed order, each once, as text streams.
"""

import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TextIO, cast

from detector.errors import RecordingError

MAX_LINE = 2**20
"""Characters of the longest line: a small compressed file can hold one that no memory does."""

SUFFIXES = (".csv.gz", ".csv")
"""How the name of a recording ends."""


def find_recordings(inputs: Sequence[Path]) -> list[Path]:
    """Return the recordings among files and folders: in the order given, a folder's sorted by path, each once.

    Folders are searched through; in them, hidden files and files of other kinds are left out.

    Raises: RecordingError when a path is missing or is no recording, or a folder holds none.
    """
    found = {path.resolve(): path for given in inputs for path in _expand(given)}
    return list(found.values())


def stem(path: Path) -> str:
    """Return the name of a recording without its ending: the device, in the wide form."""
    return next(path.name[: -len(suffix)] for suffix in SUFFIXES if path.name.lower().endswith(suffix))


def open_to_read(path: Path) -> TextIO:
    """Open a recording as lines; bytes that are not UTF-8 become U+FFFD, which no name or number may hold."""
    try:
        stream = gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")  # noqa: SIM115
    except OSError as fault:
        raise RecordingError(f"{path}: expected a readable file, got: {fault.strerror}") from fault
    return io.TextIOWrapper(cast("IO[bytes]", stream), "utf-8-sig", errors="replace", newline=None)


def lines_of(stream: TextIO) -> Iterator[str | None]:
    """Yield the lines of a recording; None for one that is longer than `MAX_LINE`, of which no more than that is held."""
    while line := stream.readline(MAX_LINE + 1):
        too_long = len(line) > MAX_LINE
        while too_long and line and not line.endswith("\n"):
            line = stream.readline(MAX_LINE)
        yield None if too_long else line


def open_to_write(path: Path) -> TextIO:
    """Open a file anew for UTF-8 lines; compressed when its name ends with `.gz`, without a date, so that equal rows give equal bytes.

    Raises: RecordingError when it cannot be opened.
    """
    try:
        stream: object = path.open("wb")
    except OSError as fault:
        raise RecordingError(f"{path}: expected a file that can be written, got: {fault.strerror}") from fault
    if path.name.lower().endswith(".gz"):
        stream = _Gzip(cast("io.BufferedWriter", stream))
    return io.TextIOWrapper(cast("IO[bytes]", stream), "utf-8", newline="\n")


class _Gzip(gzip.GzipFile):
    """A gzip writer without name and date, which closes the file beneath it as well."""

    def __init__(self, beneath: io.BufferedWriter) -> None:
        """Write to `beneath`."""
        super().__init__("", "wb", compresslevel=6, fileobj=beneath, mtime=0)
        self._beneath = beneath

    def close(self) -> None:
        """End the gzip stream, then the file."""
        super().close()
        self._beneath.close()


def _expand(given: Path) -> Iterator[Path]:
    """Yield one file, or the recordings below a folder."""
    if given.is_dir():
        below = [
            path for path in sorted(given.rglob("*")) if _is_shown(path.relative_to(given)) and _is_recording(path)
        ]
        if not below:
            raise RecordingError(f"{given}: expected recordings (.csv or .csv.gz) in this folder, found none")
        yield from below
    elif not given.exists():
        raise RecordingError(f"{given}: expected a recording or a folder of them, found nothing there")
    elif not _is_recording(given):
        raise RecordingError(f"{given}: expected a name that ends with .csv or .csv.gz; rename it if it is a recording")
    else:
        yield given


def _is_shown(path: Path) -> bool:
    """Tell whether no part of a path is hidden."""
    return not any(part.startswith(".") for part in path.parts)


def _is_recording(path: Path) -> bool:
    """Tell a recording by its name."""
    return path.name.lower().endswith(SUFFIXES) and not path.is_dir()
