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

TOGETHER: Final = (64, 8, 1)
"""Arrivals in one INSERT: 64 are twice as fast as one at a time, and no faster beyond. At each statement another thread may take
the interpreter's lock, so that what is left of them is not written one by one."""

INSERT: Final = "INSERT INTO arrivals VALUES (?, ?, ?, ?)"
NEXT: Final = "INSERT INTO arrivals (channel, at, value) VALUES (?, ?, ?)"
"""SQLite numbers it: one more than the largest number there is. To number it here takes a third more."""
NEXT_MANY: Final = {many: NEXT + ", (?, ?, ?)" * (many - 1) for many in TOGETHER}
TOUCH: Final = (
    "INSERT INTO channels (device, channel, entry, touched) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET touched = excluded.touched RETURNING id"
)

UNKNOWN: Final = -1
APART: Final = 2_654_435_761
"""Between the terms of two channels whose numbers follow each other: by it, those of any number of channels lie evenly.
Source: Knuth, The Art of Computer Programming 3, 6.4, multiplicative hashing."""


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
        self._last = 0
        self._entries: Sequence[str] = ()
        self._names: Names | None = None
        self._ids = self._terms = np.zeros(0, np.int64)
        """The row of each channel, and the term in which it was touched; `UNKNOWN` where it was not."""

    def turn_to(self, group: Group) -> None:
        """Prepare for a group; forget what was known under other names or entries."""
        self._last, names = group.last, group.readings.names
        if self._entries != group.entries or names is not self._names:
            self._names, self._entries = names, group.entries
            self._ids = self._terms = np.zeros(0, np.int64)
        more = len(names) - len(self._ids)
        if more:
            self._ids = np.concatenate([self._ids, np.zeros(more, np.int64)])
            self._terms = np.concatenate([self._terms, np.full(more, UNKNOWN)])

    def ids_of(self, readings: Readings) -> list[int]:
        """Return the row of each reading's channel; find or make those that were not touched in this term, and note that they were written now.

        A term is `touch_every` arrivals long, and begins for each channel at another one, so that no commit touches many.
        """
        numbers = readings.numbers
        terms = (self._last + APART * numbers.astype(np.int64)) // self._touch_every
        due = (self._terms[numbers] != terms).nonzero()[0]
        if len(due):
            again, first = np.unique(numbers[due], return_index=True)
            for number, term in zip(again.tolist(), terms[due[first]].tolist(), strict=True):
                device, channel, entry = readings.names[number]
                made = self._db.execute(TOUCH, (device, channel, self._entries[entry], self._last)).fetchall()
                self._ids[number], self._terms[number] = made[0][0], term
        ids: list[int] = self._ids[numbers].tolist()
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
    for many, statement in NEXT_MANY.items():
        most = len(rest) - len(rest) % many
        cells = chain.from_iterable(rest[:most])
        db.executemany(statement, zip(*[cells] * (COLUMNS * many), strict=True))
        rest = rest[most:]


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
