"""What people said of alerts, in the journal's database: for the way back, in its place among the arrivals, and to be looked up.

In: feedback with the number it arrived as. Out: the same; alerts as cases, each with what was said of it last. Every function
may raise sqlite3.Error.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from detector.clock import WallTime
from detector.domain import AlertEvent, EventTime, Feedback, FeedbackKind, Height, Transition
from detector.edge.journal.alerts import COLUMNS, event_of, heights_text
from detector.edge.journal.database import open_to_read
from detector.errors import JournalError

WRITE: Final = (
    "INSERT INTO feedback (seq, given, said_by, alert, kind, device, channel, opened, heights)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
READ: Final = "SELECT alert, kind, device, channel, opened, heights FROM feedback WHERE seq = ?"
LAST: Final = (
    f"SELECT opening.at, opening.since, (SELECT kind FROM feedback WHERE alert = alerts.id ORDER BY seq DESC LIMIT 1), {COLUMNS}"
    " FROM (SELECT max(number) AS last FROM alerts WHERE {} GROUP BY id ORDER BY last DESC LIMIT ?)"
    " JOIN alerts ON alerts.number = last JOIN alerts AS opening"
    " ON opening.number = (SELECT min(number) FROM alerts AS any WHERE any.id = alerts.id) ORDER BY last DESC"
)
"""Of each alert its last event, and when it was opened."""
OF: Final = "device = ? AND channel IS ?"
STILL_OPEN: Final = "NOT EXISTS (SELECT 1 FROM alerts AS ends WHERE ends.id = alerts.id AND ends.event = 'closed')"


class Given(NamedTuple):
    """Feedback, and how it came."""

    feedback: Feedback
    at: WallTime
    by: str
    """Through what, or by whom, as far as that is known."""


class Case(NamedTuple):
    """An alert as people look at it: once, however often it was told."""

    last: AlertEvent
    """Its last event."""
    opened: EventTime
    since: WallTime
    """When it was found first."""
    said: FeedbackKind | None
    """What people said of it; None where nothing, or where it was taken back."""
    acknowledged: str | None = None
    """By whom, of one that is open; only the desk knows."""
    unwatched: bool = False
    """It never ended, and nothing is known of it any more: its device was pruned, or what was remembered is lost. Only the daemon knows."""

    @property
    def is_open(self) -> bool:
        """Whether it lasts, as far as is known."""
        return self.last.event is not Transition.CLOSED and not self.unwatched


def write(db: sqlite3.Connection, seq: int, given: Given) -> None:
    """Write feedback that arrived as this number."""
    one = given.feedback
    values = (one.alert, one.kind, one.device, one.channel, one.opened, heights_text(one.heights))
    db.execute(WRITE, (seq, given.at, given.by, *values))


def read(db: sqlite3.Connection, seq: int) -> Feedback | None:
    """Return the feedback that arrived as this number; None where there is none."""
    row = db.execute(READ, (seq,)).fetchone()
    if row is None:
        return None
    alert, kind, device, channel, opened, heights = row
    return Feedback(
        alert, FeedbackKind(kind), device, channel, opened, tuple(Height(*one) for one in json.loads(heights))
    )


class Which(NamedTuple):
    """Which alerts are looked for."""

    since: WallTime
    """Those of which an event was found since then."""
    limit: int
    """The newest, so many of them."""
    of: tuple[str, str | None] | None = None
    """Those of this device and channel; None: of all."""
    only_open: bool = False
    ids: tuple[str, ...] | None = None
    """Those of these ids, at most as many as a statement has variables (999 with SQLite before 3.32); None: of any."""


def cases(db: sqlite3.Connection, which: Which) -> list[Case]:
    """Return the last alerts, newest first."""
    wanted, values = ["since >= ?"], [which.since, *(which.of or ()), *(which.ids or ())]
    if which.of is not None:
        wanted.append(OF)
    if which.only_open:
        wanted.append(STILL_OPEN)
    if which.ids is not None:
        wanted.append(f"id IN ({', '.join('?' * len(which.ids))})")
    return [_case(row) for row in db.execute(LAST.format(" AND ".join(wanted)), (*values, which.limit))]


def read_cases(path: Path, which: Which) -> list[Case]:
    """Return the last alerts of a journal's file, which a daemon may be writing, as `cases` does.

    Raises: JournalError when it is no journal, or cannot be read.
    """
    with closing(open_to_read(path)) as db:
        try:
            return cases(db, which)
        except sqlite3.Error as fault:
            raise JournalError(f"{path}: expected a sound journal of this version, got: {fault}") from fault


def let_go(db: sqlite3.Connection, before: WallTime, first: int) -> None:
    """Delete what was said before a moment, and is not among the arrivals from number `first` on."""
    db.execute("DELETE FROM feedback WHERE given < ? AND seq < ?", (before, first))


def _case(row: Sequence[Any]) -> Case:
    """Return the alert of a row."""
    opened, since, said, *event = row
    kind = None if said is None else FeedbackKind(said)
    return Case(event_of(event), opened, since, None if kind is FeedbackKind.UNDONE else kind)
