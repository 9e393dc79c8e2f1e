"""A journal as a recording: what the daemon took in, in the order of arrival.

In: a state directory or a journal's file, which a daemon may be writing meanwhile. Out: arrivals, or readings as a
configuration asks for them. A reading belongs to the `sensors` entry of the name it came through; where there is none
any more, to the first whose `devices` glob matches, as in any recording.
"""

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from detector.domain import Reading, Rejected, RejectReason
from detector.edge.journal.arrivals import read
from detector.edge.journal.database import NAME, open_to_read
from detector.edge.journal.store import ENDS
from detector.edge.recording.columns import Claims
from detector.edge.recording.form import EARLIEST, LATEST, is_name
from detector.errors import JournalError, RecordingError
from detector.settings.sensors import SensorSettings
from detector.stream.names import shown


def journal_path(place: Path) -> Path:
    """Return a journal's file: the one in a state directory, or the one given."""
    return place / NAME if place.is_dir() else place


def read_ends(path: Path) -> tuple[int, int] | None:
    """Return the numbers of the first and the last arrival that a journal holds, None for an empty one.

    Raises: JournalError when it is no journal, or cannot be read.
    """
    with closing(open_to_read(path)) as db:
        try:
            first, last = db.execute(ENDS).fetchone()
        except sqlite3.Error as fault:
            raise JournalError(f"{path}: expected a sound journal, got: {fault}") from fault
    return None if first is None else (int(first), int(last))


def read_recorded(path: Path) -> Iterator[tuple[Reading, str]]:
    """Open a journal's file; return its readings, and the name of the entry that each came through.

    Raises: JournalError when it is no journal; RecordingError, while iterating, when it turns out to be damaged.
    """
    return _readings(open_to_read(path), path)


def _readings(opened: sqlite3.Connection, path: Path) -> Iterator[tuple[Reading, str]]:
    """Yield what an open journal holds of readings, and close it."""
    with closing(opened) as db:
        try:
            for seq, device, channel, entry, at, value, _ in read(db, 0):
                if device is not None and channel is not None and entry is not None and value is not None:
                    if not _is_sound(device, channel, entry, at, value):
                        raise RecordingError(
                            f"{path}: expected readings as a detector writes them, got another thing as arrival {seq};"
                            " it was read as far as that"
                        )
                    yield Reading(device, channel, at, float(value), 0), entry
        except sqlite3.Error as fault:
            raise RecordingError(
                f"{path}: expected a sound journal, got: {fault}; it was read as far as that"
            ) from fault


def _is_sound(device: object, channel: object, entry: object, at: object, value: object) -> bool:
    """Tell whether a row holds what we would write: SQLite keeps anything in any column, and the file may be a stranger's."""
    return (
        isinstance(device, str)
        and isinstance(channel, str)
        and isinstance(entry, str)
        and is_name(device)
        and is_name(channel)
        and isinstance(at, int)
        and EARLIEST <= at <= LATEST
        and isinstance(value, int | float)
        and math.isfinite(value)
    )


def read_journal(path: Path, sensors: Sequence[SensorSettings]) -> Iterator[Reading | Rejected]:
    """Open a journal's file; return the readings that a configuration asks for.

    Raises: JournalError when it is no journal; RecordingError, while iterating, when it turns out to be damaged.
    """
    return _asked_for(read_recorded(path), Claims(sensors))


def _asked_for(recorded: Iterator[tuple[Reading, str]], claims: Claims) -> Iterator[Reading | Rejected]:
    """Yield the readings that belong to an entry, as that entry has them."""
    for reading, name in recorded:
        claim = claims.through(name, reading.device)
        if claim is None:
            yield Rejected(RejectReason.UNKNOWN_TOPIC, f"no `sensors` entry is for device {shown(reading.device)!r}")
            continue
        channel = claim.channel(reading.channel)
        if channel is not None:
            yield reading._replace(channel=channel, entry=claim.entry)
