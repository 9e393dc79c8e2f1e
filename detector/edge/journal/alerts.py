"""The alerts in the journal's database, and which sink has had which of them: the outbox that survives a crash.

In: events as they were found, what became of their deliveries. Out: which of them are new; those still owed; the last ones.
An event is known by its key: found again, after a crash, it is neither kept nor owed twice. Every function may raise sqlite3.Error.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, TypeVar

from detector.clock import WallTime
from detector.domain import ALERT_FIELDS, AlertEvent, AlertKey, Height
from detector.notice import Notice, NoticeKey

Key = TypeVar("Key", AlertKey, NoticeKey)
Item = TypeVar("Item", AlertEvent, Notice)
"""What is delivered: an event or a notice."""

LET_GO: Final = 1000
"""Most alerts that one commit lets go of, so that none takes long."""

COLUMNS: Final = ", ".join(f"alerts.{name}" for name in ALERT_FIELDS)
INSERT: Final = (
    f"INSERT INTO alerts (seq, since, {', '.join(ALERT_FIELDS)}) VALUES (?, ?{', ?' * len(ALERT_FIELDS)})"
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
LASTING: Final = (
    f"SELECT {COLUMNS} FROM alerts JOIN deliveries ON alert = number AND sink = ?1"
    " WHERE outcome = 'delivered' AND event <> 'closed' AND NOT EXISTS"
    " (SELECT 1 FROM alerts AS ends WHERE ends.id = alerts.id AND ends.event = 'closed' AND NOT EXISTS"
    " (SELECT 1 FROM deliveries AS still WHERE still.alert = ends.number AND still.sink = ?1 AND still.outcome IS NULL))"
    " ORDER BY number"
)
"""What a sink was told of episodes whose end is not known, or is still owed to it."""
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
    """Number of the last arrival when it was told: at or after the one that led to it."""
    since: WallTime


class Owed(NamedTuple, Generic[Item]):
    """An event, or a notice, that a sink has not had."""

    item: Item
    since: WallTime
    """When it was found, or written."""


class Mark(NamedTuple, Generic[Key]):
    """What became of an event, or a notice, at a sink."""

    sink: str
    key: Key
    outcome: Outcome
    at: WallTime


def to_all(_sink: str, _event: AlertEvent) -> bool:
    """Return that every sink is there for every event."""
    return True


class Told(NamedTuple):
    """What one commit writes of alerts: those found, to whom they are owed, and what became of earlier ones."""

    found: Sequence[Found] = ()
    sinks: Sequence[str] = ()
    marks: Sequence[Mark[AlertKey]] = ()
    wants: Callable[[str, AlertEvent], bool] = to_all
    """Whether a sink is there for an event."""


NOTHING_TOLD: Final = Told()


def write(db: sqlite3.Connection, told: Told) -> dict[AlertKey, int]:
    """Write all of it; return the keys of the events that were not known, and the numbers that they have now."""
    fresh = dict[AlertKey, int]()
    for event, seq, since in told.found:
        row = db.execute(INSERT, (seq, since, *_values(event))).fetchone()
        if row is not None:
            fresh[event.key] = row[0]
            owed = [(row[0], sink) for sink in told.sinks if told.wants(sink, event)]
            db.executemany("INSERT INTO deliveries (alert, sink) VALUES (?, ?)", owed)
    db.executemany(MARK, [(outcome, at, sink, *key) for sink, key, outcome, at in told.marks])
    return fresh


def owed(db: sqlite3.Connection, sink: str, limit: int) -> list[Owed[AlertEvent]]:
    """Return the oldest events that a sink has not had, in the order in which they were found."""
    return [Owed(event_of(row), since) for since, *row in db.execute(OWED, (sink, limit))]


def recent(db: sqlite3.Connection, limit: int) -> list[AlertEvent]:
    """Return the last events, oldest first."""
    rows = db.execute(f"SELECT {COLUMNS} FROM alerts ORDER BY number DESC LIMIT ?", (limit,)).fetchall()
    return [event_of(row) for row in reversed(rows)]


def lasting(db: sqlite3.Connection, sink: str) -> list[AlertEvent]:
    """Return the events that a sink has had of episodes of which it has not had the end, in the order in which they were found."""
    return [event_of(row) for row in db.execute(LASTING, (sink,))]


def let_go(db: sqlite3.Connection, before: WallTime, first: int, sinks: Sequence[str]) -> None:
    """Delete some of the events found before a moment that are owed to none of these sinks.

    Those that arrivals from number `first` on led to stay: stepped again, these would find them anew.
    """
    old = db.execute(OLD.format(", ".join("?" * len(sinks))), (before, first, *sinks, LET_GO)).fetchall()
    db.executemany("DELETE FROM deliveries WHERE alert = ?", old)
    db.executemany("DELETE FROM alerts WHERE number = ?", old)


def event_of(row: Sequence[Any]) -> AlertEvent:
    """Return the event of a row of `COLUMNS`."""
    named = zip(ALERT_FIELDS, row, strict=True)
    return AlertEvent.of([json.loads(value) if name == "heights" else value for name, value in named])


def heights_text(heights: Sequence[Height]) -> str:
    """Return heights as the database has them: JSON."""
    return json.dumps(heights)


def _values(event: AlertEvent) -> list[Any]:
    """Return the fields of an event as the database has them."""
    return [heights_text(event.heights) if name == "heights" else getattr(event, name) for name in ALERT_FIELDS]
