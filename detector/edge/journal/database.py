"""The journal's file: made, opened, refused when it is not ours, set aside when it is damaged.

In: a folder. Out: a connection to a database of this schema, or an error that says what is wrong with it.
SQLite in WAL mode: one process writes, any number read meanwhile. A commit is written, which the end of the process does not undo; on the
disk it is once its log was flushed. Source: sqlite.org/wal.html; pragma.html, synchronous=NORMAL.
"""

import fcntl
import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from detector.clock import WallTime
from detector.errors import JournalError

NAME: Final = "journal.db"
LOCK: Final = "lock"
"""Held while a daemon lives. A file of its own: closing any other handle of a database would drop SQLite's own locks."""

OURS: Final = 0x64746A6C
"""Tells our database from anybody else's, kept as `application_id`: "dtjl"."""

BUSY_S: Final = 0.2
"""Longest wait for somebody else who writes, such as a person with a shell."""

MOST_PAGES: Final = 2000
"""Of 4 KiB, in the write-ahead log, beyond which a commit moves them into the database itself: the flusher, which does it beside the
commits, may never find the moment to move all of them where one follows the other."""

WAL_SIZE: Final = 2**23
"""Bytes to which the write-ahead log goes back when it has grown, as it does while somebody reads for long."""

READINGS: Final = """
CREATE TABLE channels (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT NOT NULL, entry TEXT NOT NULL, touched INTEGER NOT NULL,
    UNIQUE (device, channel, entry)
);
-- An idle tick has neither channel nor value. `value` has no type: as REAL, SQLite would turn -0.0 into 0.0.
CREATE TABLE arrivals (seq INTEGER PRIMARY KEY, channel INTEGER, at INTEGER NOT NULL, value);
CREATE TABLE marks (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL);
"""
"""`touched` is the number of an arrival not long before the channel's last. Marks say when, Unix time, a number had been given."""

ALERTS: Final = """
CREATE TABLE alerts (
    number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, since REAL NOT NULL,
    id TEXT NOT NULL, event TEXT NOT NULL, at INTEGER NOT NULL, onset INTEGER NOT NULL,
    device TEXT NOT NULL, channel TEXT, verdict TEXT NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL,
    score, value, expected, lower, upper, unit TEXT, summary TEXT NOT NULL,
    UNIQUE (id, event, at, severity)
);
CREATE TABLE deliveries (
    alert INTEGER NOT NULL, sink TEXT NOT NULL, outcome TEXT, ended REAL, PRIMARY KEY (alert, sink)
) WITHOUT ROWID;
CREATE INDEX undelivered ON deliveries (sink, alert) WHERE outcome IS NULL;
CREATE INDEX aging ON alerts (since);
"""
"""`seq` is the last arrival when the event was told, at or after the one that led to it; `since` when it was found, Unix time. A delivery without an outcome is owed."""

STUBS: Final = """
CREATE TABLE stubs (number INTEGER PRIMARY KEY, packed BLOB NOT NULL);
"""
"""A row a commit: how the messages in it are known again."""

FEEDBACK: Final = """
ALTER TABLE alerts ADD COLUMN heights TEXT NOT NULL DEFAULT '[]';
CREATE TABLE feedback (
    seq INTEGER PRIMARY KEY, given REAL NOT NULL, said_by TEXT NOT NULL, alert TEXT NOT NULL, kind TEXT NOT NULL,
    device TEXT NOT NULL, channel TEXT, opened INTEGER NOT NULL, heights TEXT NOT NULL
);
CREATE INDEX said ON feedback (alert, seq);
"""
"""What was said of alerts. It is an arrival as well, `seq`, with no channel and a value that is no number."""

NOTICES: Final = """
CREATE TABLE notices (
    number INTEGER PRIMARY KEY, thread TEXT NOT NULL, part INTEGER NOT NULL, receiver TEXT NOT NULL, since REAL NOT NULL,
    notice TEXT NOT NULL, outcome TEXT, ended REAL, UNIQUE (thread, part)
);
CREATE INDEX unheard ON notices (receiver, number) WHERE outcome IS NULL;
CREATE TABLE desk (name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID;
INSERT INTO desk SELECT 'seen', 'null', coalesce(max(number), 0) FROM alerts;
"""
"""What people are told, as JSON; one without an outcome is owed to its receiver. `desk` is what decides that: its memory, a row a value,
and `seen`, the last alert that it has heard: of those before the first desk it hears nothing."""

STEPS: Final = (READINGS, ALERTS + STUBS, NOTICES, FEEDBACK)
"""Each brings a database from the version of its place to the next: a new one goes through all of them, an older one through the rest."""

VERSION: Final = len(STEPS)
"""Of the schema, kept as `user_version`."""


def lock_directory(directory: Path) -> int:
    """Make the folder and take it for this process; return the lock's descriptor, to be closed by whoever gives it up.

    Raises: OSError when it cannot be written; JournalError when another daemon has it.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(directory / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        os.close(lock)
        raise JournalError(
            f"{directory}: expected a state directory of our own, got one that another detector uses;"
            " give each its own state.directory"
        ) from fault
    return lock


def open_to_append(path: Path) -> sqlite3.Connection:
    """Open the database, making it if there is none, and bringing an older one up to this version.

    Raises: sqlite3.Error when that cannot be done; JournalError when it is another program's or a newer detector's.
    """
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            db.execute("PRAGMA journal_mode = WAL")
            _advance(db, 0)
        version = _check(db, path)
        if version < VERSION:
            _advance(db, version)
        db.execute("PRAGMA synchronous = NORMAL")  # a commit is written; `Flusher` brings it to the disk
        db.execute("PRAGMA secure_delete = OFF")  # distributions switch it on: every row let go would be overwritten
        db.execute(f"PRAGMA journal_size_limit = {WAL_SIZE}")
        db.execute(f"PRAGMA wal_autocheckpoint = {MOST_PAGES}")  # `Flusher` does it before, where it can
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a journal that a daemon may be writing, changing nothing.

    Raises: JournalError when there is none, or none that we can read.
    """
    if not path.is_file():
        raise JournalError(f"{path}: expected a journal, found none; give the state directory, or a journal's file")
    # Beside a file that nobody writes, SQLite would still want to make its own, which a read-only folder refuses.
    alone = not Path(f"{path}-wal").exists() and not os.access(path.parent, os.W_OK)
    uri = f"{path.resolve().as_uri()}?{'immutable=1' if alone else 'mode=ro'}"
    try:
        db = sqlite3.connect(uri, timeout=BUSY_S, isolation_level=None, uri=True)
        try:
            _check(db, path)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as fault:
        raise JournalError(
            f"{path}: expected a journal that can be read, got: {fault}; if that is for want of rights, copy it, with"
            f" {path.name}-wal, to a folder of your own"
        ) from fault
    return db


def is_damaged(fault: Exception) -> bool:
    """Tell a damaged database from a disk that is full, read-only or slow."""
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def set_aside(path: Path, now: WallTime) -> Path:
    """Give a damaged database, and what SQLite keeps beside it, a name with the date; return that of the database.

    Raises: OSError when it cannot be renamed.
    """
    date = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.stem}-damaged-{date}{path.suffix}")
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        beside = Path(f"{path}{ending}")
        if beside.exists():
            beside.rename(f"{aside}{ending}")
    return aside


def size_of(path: Path) -> int:
    """Return the bytes of a database and its write-ahead log; of what is not there, or cannot be seen, none."""
    size = 0
    for part in (path, Path(f"{path}-wal")):
        with suppress(OSError):
            size += part.stat().st_size
    return size


def _advance(db: sqlite3.Connection, version: int) -> None:
    """Bring a database from an older version to ours, at once or not at all."""
    steps = "".join(STEPS[version:])
    db.executescript(
        f"BEGIN IMMEDIATE; {steps} PRAGMA application_id = {OURS}; PRAGMA user_version = {VERSION}; COMMIT;"
    )


def _check(db: sqlite3.Connection, path: Path) -> int:
    """Make sure that the database is ours and no newer than this schema; return its version.

    Raises: JournalError; sqlite3.DatabaseError when it is damaged.
    """
    owner = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if owner != OURS:
        raise JournalError(f"{path}: expected a journal of ours, got another program's database; move it away")
    if version > VERSION:
        raise JournalError(
            f"{path}: expected a journal of version {VERSION}, got version {version}, which a newer detector wrote;"
            " run that one, or move the file away to begin anew"
        )
    return int(version)
