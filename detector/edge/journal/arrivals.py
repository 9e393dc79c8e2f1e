"""The arrivals in the journal's database: readings, idle ticks and feedback, each under its number.

In: groups of them. Out: rows, many in one statement; `Arrival`s in order. Every function may raise sqlite3.Error.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from detector.domain import MICROSECONDS, EventTime, Feedback
from detector.edge.journal import said
from detector.edge.journal.said import Given
from detector.edge.journal.stubs import Stub
from detector.readings import Names, Readings

READ_ROWS: Final = 10_000
"""Arrivals read at once. Between two reads nothing is held: a reader that lingers would keep the -wal file growing."""

READ: Final = (
    "SELECT seq, device, channels.channel, entry, at, value FROM arrivals LEFT JOIN channels ON id = arrivals.channel"
    " WHERE seq > ? ORDER BY seq LIMIT ?"
)
COLUMNS: Final = 3
"""Of an arrival, but for its number."""

TOGETHER: Final = 64
"""Arrivals in one INSERT: twice as fast as one at a time, and no faster beyond."""

INSERT: Final = "INSERT INTO arrivals VALUES (?, ?, ?, ?)"
NEXT: Final = "INSERT INTO arrivals (channel, at, value) VALUES (?, ?, ?)"
"""SQLite numbers it: one more than the largest number there is. To number it here takes a third more."""
NEXT_MANY: Final = NEXT + ", (?, ?, ?)" * (TOGETHER - 1)
TOUCH: Final = (
    "INSERT INTO channels (device, channel, entry, touched) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET touched = excluded.touched RETURNING id"
)


class Group(NamedTuple):
    """Arrivals that are written together: readings, idle ticks, or feedback."""

    first: int
    """Number of the first of them."""
    entries: Sequence[str]
    """Names of the `sensors` entries that the readings' `entry` counts through."""
    readings: Readings
    ticks: Sequence[EventTime] = ()
    stubs: Sequence[Stub] = ()
    """Of the messages that the readings came in."""
    given: Sequence[Given] = ()

    @property
    def last(self) -> int:
        """Number of the last of them."""
        return self.first + len(self.readings) + len(self.ticks) + len(self.given) - 1


class Arrival(NamedTuple):
    """One line of the journal: a reading; feedback; or an idle tick, which has a time alone."""

    seq: int
    device: str | None
    channel: str | None
    entry: str | None
    """Name of the `sensors` entry that it came through, as the configuration of its time had it."""
    at: EventTime
    value: float | None
    feedback: Feedback | None = None


class Channels:
    """The row of every channel lately written, by the number of its name."""

    def __init__(self, db: sqlite3.Connection, touch_every: int) -> None:
        """Know none yet; a channel's last arrival is to be less than `touch_every` after it was touched."""
        self._db, self._touch_every = db, touch_every
        self._since = self._last = 0
        self._entries: Sequence[str] = ()
        self._names: Names | None = None
        self._ids = np.zeros(0, np.int64)
        """0 where not known; SQLite counts from 1."""

    def turn_to(self, group: Group) -> None:
        """Prepare for a group; forget what was known under other names or entries, or for long."""
        self._last, names = group.last, group.readings.names
        if self._entries != group.entries or group.last - self._since >= self._touch_every:
            self._names, self._since, self._entries = None, group.first, group.entries
        if names is not self._names:
            self._names, self._ids = names, np.zeros(len(names), np.int64)
        elif len(self._ids) < len(names):
            self._ids = np.concatenate([self._ids, np.zeros(len(names), np.int64)])

    def ids_of(self, readings: Readings) -> list[int]:
        """Return the row of each reading's channel; find or make those that are not known, and note that they were written now."""
        found = self._ids[readings.numbers]
        if not found.all():
            for number in np.unique(readings.numbers[found == 0]).tolist():
                device, channel, entry = readings.names[number]
                made = self._db.execute(TOUCH, (device, channel, self._entries[entry], self._last)).fetchall()
                self._ids[number] = made[0][0]
            found = self._ids[readings.numbers]
        ids: list[int] = found.tolist()
        return ids


def write(db: sqlite3.Connection, channels: Channels, group: Group) -> None:
    """Insert one group."""
    if len(group.readings):
        channels.turn_to(group)
        _write_readings(db, channels, group)
    ticks = enumerate(group.ticks, group.first + len(group.readings))
    db.executemany("INSERT INTO arrivals VALUES (?, NULL, ?, NULL)", list(ticks))
    for seq, given in enumerate(group.given, group.first + len(group.readings) + len(group.ticks)):
        db.execute("INSERT INTO arrivals VALUES (?, NULL, ?, 'feedback')", (seq, round(given.at * MICROSECONDS)))
        said.write(db, seq, given)


def _write_readings(db: sqlite3.Connection, channels: Channels, group: Group) -> None:
    """Insert the readings of a group: the first under its number, which is beyond any before, and the others after it."""
    readings = group.readings
    columns = (channels.ids_of(readings), readings.at_us.tolist(), readings.values.tolist())
    first, *rest = zip(*columns, strict=True)
    db.execute(INSERT, (group.first, *first))
    most = len(rest) - len(rest) % TOGETHER
    cells = chain.from_iterable(rest[:most])
    db.executemany(NEXT_MANY, zip(*[cells] * (COLUMNS * TOGETHER), strict=True))
    db.executemany(NEXT, rest[most:])


def read(db: sqlite3.Connection, after: int) -> Iterator[Arrival]:
    """Yield the arrivals after a number, in order, as far as they are committed by now."""
    last = db.execute("SELECT max(seq) FROM arrivals").fetchone()[0] or 0
    while after < last:
        rows = db.execute(READ, (after, READ_ROWS)).fetchall()
        for row in rows:
            arrival = Arrival(*row)
            if arrival.seq > last:
                return
            if arrival.device is not None or arrival.value is None:
                yield arrival
            elif (feedback := said.read(db, arrival.seq)) is not None:
                yield arrival._replace(value=None, feedback=feedback)
        after = rows[-1][0] if rows else last
