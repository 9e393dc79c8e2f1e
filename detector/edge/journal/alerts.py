"""The alerts in the journal's database, and which sink has had which of them: the outbox that survives a crash.

In: events as they were found, what became of their deliveries. Out: which of them are new; those still owed; the last ones.
An event is known by its key: found again, after a crash, it is neither kept nor owed twice. Every function may raise sqlite3.Error.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Any, Final, NamedTuple

from detector.clock import WallTime
from detector.domain import AlertEvent, AlertKey, Height

LET_GO: Final = 1000
"""Most alerts that one commit lets go of, so that none takes long."""

FIELDS: Final = tuple(field.name for field in fields(AlertEvent))

COLUMNS: Final = ", ".join(f"alerts.{name}" for name in FIELDS)
INSERT: Final = (
    f"INSERT INTO alerts (seq, since, {', '.join(FIELDS)}) VALUES (?, ?{', ?' * len(FIELDS)})"
    " ON CONFLICT DO NOTHING RETURNING number"
)
MARK: Final = (
    "UPDATE deliveries SET outcome = ?, ended = ? WHERE sink = ? AND outcome IS NULL AND alert ="
    " (SELECT number FROM alerts WHERE id = ? AND event = ? AND at = ? AND severity = ?)"
)
OWED: Final = (
    f"SELECT since, {COLUMNS} FROM deliveries JOIN alerts ON number = alert"
    " WHERE sink = ? AND outcome IS NULL ORDER BY alert LIMIT ?"
)
OLD: Final = (
    "SELECT number FROM alerts WHERE since < ? AND seq < ? AND NOT EXISTS"
    " (SELECT 1 FROM deliveries WHERE alert = number AND outcome IS NULL AND sink IN ({})) ORDER BY since LIMIT ?"
)


class Outcome(StrEnum):
    """How the delivery of an event to a sink ended."""

    DELIVERED = "delivered"
    GIVEN_UP = "given up"


class Found(NamedTuple):
    """An event, and when it was found."""

    event: AlertEvent
    seq: int
    """Number of the last arrival before it."""
    since: WallTime


class Owed(NamedTuple):
    """An event that a sink has not had."""

    event: AlertEvent
    since: WallTime
    """When it was found."""


class Mark(NamedTuple):
    """What became of an event at a sink."""

    sink: str
    key: AlertKey
    outcome: Outcome
    at: WallTime


class Told(NamedTuple):
    """What one commit writes of alerts: those found, to whom they are owed, and what became of earlier ones."""

    found: Sequence[Found] = ()
    sinks: Sequence[str] = ()
    marks: Sequence[Mark] = ()


NOTHING_TOLD: Final = Told()


def write(db: sqlite3.Connection, told: Told) -> set[AlertKey]:
    """Write all of it; return the keys of the events that were not known."""
    fresh = set[AlertKey]()
    for event, seq, since in told.found:
        row = db.execute(INSERT, (seq, since, *_values(event))).fetchone()
        if row is not None:
            fresh.add(event.key)
            owed = [(row[0], sink) for sink in told.sinks]
            db.executemany("INSERT INTO deliveries (alert, sink) VALUES (?, ?)", owed)
    db.executemany(MARK, [(outcome, at, sink, *key) for sink, key, outcome, at in told.marks])
    return fresh


def owed(db: sqlite3.Connection, sink: str, limit: int) -> list[Owed]:
    """Return the oldest events that a sink has not had, in the order in which they were found."""
    return [Owed(event_of(row), since) for since, *row in db.execute(OWED, (sink, limit))]


def recent(db: sqlite3.Connection, limit: int) -> list[AlertEvent]:
    """Return the last events, oldest first."""
    rows = db.execute(f"SELECT {COLUMNS} FROM alerts ORDER BY number DESC LIMIT ?", (limit,)).fetchall()
    return [event_of(row) for row in reversed(rows)]


def let_go(db: sqlite3.Connection, before: WallTime, first: int, sinks: Sequence[str]) -> None:
    """Delete some of the events found before a moment that are owed to none of these sinks.

    Those that arrivals from number `first` on led to stay: stepped again, these would find them anew.
    """
    old = db.execute(OLD.format(", ".join("?" * len(sinks))), (before, first, *sinks, LET_GO)).fetchall()
    db.executemany("DELETE FROM deliveries WHERE alert = ?", old)
    db.executemany("DELETE FROM alerts WHERE number = ?", old)


def event_of(row: Sequence[Any]) -> AlertEvent:
    """Return the event of a row of `FIELDS`."""
    values = dict(zip(FIELDS, row, strict=True))
    return AlertEvent.from_plain({**values, "heights": json.loads(values["heights"])})


def heights_text(heights: Sequence[Height]) -> str:
    """Return heights as the database has them: JSON."""
    return json.dumps(heights)


def _values(event: AlertEvent) -> list[Any]:
    """Return the fields of an event as the database has them."""
    return [heights_text(event.heights) if name == "heights" else getattr(event, name) for name in FIELDS]
