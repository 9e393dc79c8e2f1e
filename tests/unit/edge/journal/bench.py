"""Journals for tests, a clock that goes on only when told to, and readings to put in.

In: a folder. Out: an open journal, and what another process would find in its file.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from detector.clock import MonoTime, WallTime
from detector.domain import MICROSECONDS, EventTime, Reading
from detector.edge.journal import Arrival, Journal
from detector.edge.journal.arrivals import read
from detector.edge.journal.database import NAME, open_to_read
from detector.settings import JournalSettings

START_S = 1_700_000_000.0
ENTRIES = ("pumps", "meters")


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        """Start at the start."""
        self.passed_s = 0.0

    def wall(self) -> WallTime:
        """Return the wall time."""
        return WallTime(START_S + self.passed_s)

    def mono(self) -> MonoTime:
        """Return the monotonic time."""
        return MonoTime(self.passed_s)


class Bench:
    """A folder with a journal in it."""

    def __init__(self, folder: Path, settings: JournalSettings | None = None) -> None:
        """Nothing is there yet."""
        self.folder, self.clock = folder, Hand()
        self._settings = settings or JournalSettings()

    @property
    def path(self) -> Path:
        """The journal's file."""
        return self.folder / NAME

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Open the journal for the block."""
        journal = Journal(self.folder, self._settings, ENTRIES, self.clock)
        try:
            yield journal
        finally:
            journal.close()

    def on_disk(self) -> list[Arrival]:
        """Return what another process finds in the file."""
        db = open_to_read(self.path)
        try:
            return list(read(db, 0))
        finally:
            db.close()


def readings(*values: float, device: str = "p1", channel: str = "flow", entry: int = 0) -> list[Reading]:
    """Return readings of one channel, a second apart."""
    return [
        Reading(device, channel, EventTime(int(START_S + number) * MICROSECONDS), value, entry)
        for number, value in enumerate(values)
    ]


def values(arrivals: Sequence[Arrival]) -> list[float | None]:
    """Return the values of arrivals."""
    return [arrival.value for arrival in arrivals]
