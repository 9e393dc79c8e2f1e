"""Notices in the journal's database, and what the desk that writes them remembers: both change in one transaction or not at all.

In: notices, rows of the desk's memory, what became of deliveries. Out: notices still owed; the rows; alerts that the desk has not
heard. Every function may raise sqlite3.Error.
"""

import sqlite3
from collections.abc import Container, Mapping, Sequence
from dataclasses import astuple, fields
from json import dumps, loads  # orjson knows no infinity, and no tuple that has names
from typing import Any, Final, NamedTuple

from detector.clock import WallTime
from detector.domain import AlertEvent, AlertKey, EventTime, Severity, Verdict
from detector.edge.journal.alerts import COLUMNS, LET_GO, Mark, Owed, event_of
from detector.notice import Notice, NoticeKey, NoticeReason, NoticeState
from detector.notices import Row

SEEN: Final = "seen"
"""The table of the desk that has one row: the number of the last alert that the desk has heard."""

WRITE: Final = (
    "INSERT INTO notices (thread, part, receiver, since, notice) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
MARK: Final = (
    "UPDATE notices SET outcome = ?, ended = ? WHERE receiver = ? AND thread = ? AND part = ? AND outcome IS NULL"
)
OWED: Final = "SELECT since, notice FROM notices WHERE receiver = ? AND outcome IS NULL ORDER BY number LIMIT ?"
OLD: Final = (
    "DELETE FROM notices WHERE number IN (SELECT number FROM notices WHERE since < ? AND"
    " (outcome IS NOT NULL OR receiver NOT IN ({})) ORDER BY number LIMIT ?)"
)


class Decided(NamedTuple):
    """What one commit writes of the desk."""

    notices: Sequence[Owed[Notice]] = ()
    rows: Sequence[Row] = ()
    marks: Sequence[Mark[NoticeKey]] = ()
    receivers: Sequence[str] = ()


NOTHING_DECIDED: Final = Decided()


def write(db: sqlite3.Connection, decided: Decided) -> None:
    """Write all of it."""
    for notice, since in decided.notices:
        db.execute(WRITE, (notice.thread, notice.number, notice.receiver, since, _text(notice)))
    for table, key, value in decided.rows:
        if value is None:
            db.execute("DELETE FROM desk WHERE name = ? AND key = ?", (table, dumps(key)))
        else:
            db.execute("INSERT OR REPLACE INTO desk VALUES (?, ?, ?)", (table, dumps(key), dumps(value)))
    db.executemany(MARK, [(outcome, at, sink, *key) for sink, key, outcome, at in decided.marks])


def note_seen(db: sqlite3.Connection, fresh: Mapping[AlertKey, int], unheard: Container[AlertKey]) -> None:
    """Note up to which alert the desk has heard all: those of `fresh`, by number, that are `unheard` it will hear next."""
    next_ones = [number for key, number in fresh.items() if key in unheard]
    last = min(next_ones) - 1 if next_ones else db.execute("SELECT coalesce(max(number), 0) FROM alerts").fetchone()[0]
    db.execute("INSERT OR REPLACE INTO desk VALUES (?, 'null', ?)", (SEEN, str(last)))


def owed(db: sqlite3.Connection, receiver: str, limit: int) -> list[Owed[Notice]]:
    """Return the oldest notices that a receiver has not had, in the order in which they were written."""
    return [Owed(_notice(text), WallTime(since)) for since, text in db.execute(OWED, (receiver, limit))]


def rows(db: sqlite3.Connection) -> list[Row]:
    """Return all that the desk remembers."""
    found = db.execute("SELECT name, key, value FROM desk WHERE name != ?", (SEEN,))
    return [Row(name, loads(key), loads(value)) for name, key, value in found]


def unheard(db: sqlite3.Connection) -> list[Owed[AlertEvent]]:
    """Return the alerts that are on disk, and that the desk has not heard, with the time at which they were found."""
    found = db.execute(
        f"SELECT since, {COLUMNS} FROM alerts WHERE number > (SELECT CAST(value AS INTEGER) FROM desk WHERE name = ?) ORDER BY number",
        (SEEN,),
    )
    return [Owed(event_of(row), WallTime(since)) for since, *row in found]


def let_go(db: sqlite3.Connection, before: WallTime, receivers: Sequence[str]) -> None:
    """Delete some of the notices written before a moment that are owed to none of these receivers."""
    db.execute(OLD.format(", ".join("?" * len(receivers))), (before, *receivers, LET_GO))


def _text(notice: Notice) -> str:
    """Return a notice as JSON."""
    plain = {field.name: getattr(notice, field.name) for field in fields(notice)}
    return dumps(plain | {"alerts": [astuple(event) for event in notice.alerts]})


def _notice(text: str) -> Notice:
    """Return the notice of a JSON text."""
    plain: dict[str, Any] = loads(text)
    words = {"state": NoticeState, "reason": NoticeReason, "severity": Severity, "verdict": Verdict, "onset": EventTime}
    plain |= {name: word(plain[name]) for name, word in words.items()}
    plain["labels"] = tuple((name, value) for name, value in plain["labels"])
    plain["alerts"] = tuple(map(AlertEvent.of, plain["alerts"]))
    return Notice(**plain)
