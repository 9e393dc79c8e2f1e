"""One open journal database: appends arrivals and alerts, lets the old ones go, reads them back.

In: groups of arrivals with their numbers, alerts. Out: rows, all of a commit or none; `Arrival`s in order. Numbers only grow;
one that is missing belongs to an arrival that could not be kept. Every method may raise sqlite3.Error.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from detector.clock import WallTime
from detector.domain import AlertEvent, AlertKey
from detector.edge.journal import alerts, arrivals, notices, said, stubs
from detector.edge.journal.alerts import NOTHING_TOLD, Owed, Told
from detector.edge.journal.arrivals import Arrival, Channels, Group
from detector.edge.journal.database import open_to_append
from detector.edge.journal.notices import NOTHING_DECIDED, Decided
from detector.edge.journal.said import Case, Which
from detector.edge.journal.stubs import Stub
from detector.notice import Notice
from detector.notices import Row
from detector.settings import JournalSettings

TOUCH_EVERY: Final = 2**18
"""Most arrivals after which a channel is touched anew, so that their table does not grow for ever: what was not touched for as long
has no arrivals since."""

TOUCH_BYTES: Final = 2**12
"""There is a touch for so much of `max_size`: names that never come again take 1.3 kB at most, and wait for one touch to go."""

FORMER: Final = 4 * TOUCH_EVERY
"""The same for arrivals of a former process, which may have touched at other intervals."""

LET_GO: Final = 20_000
"""Most numbers, and most channels, that one commit lets go of, so that none takes long; at 20 commits a second far more than arrive."""

MARK_EVERY_S: Final = 60.0

ENDS: Final = "SELECT (SELECT min(seq) FROM arrivals), (SELECT max(seq) FROM arrivals)"
"""One of them is found at once; asked for both in one SELECT, SQLite would read the whole table."""

FORGET: Final = "DELETE FROM channels WHERE id IN (SELECT id FROM channels WHERE touched <= ? LIMIT ?)"


class Store:
    """A connection, and what one needs to know of the rows behind it; after any error it is to be closed."""

    def __init__(self, path: Path, settings: JournalSettings) -> None:
        """Open the database, and look for where the numbers begin and end.

        Raises: sqlite3.Error; JournalError when it is not ours.
        """
        self._db, self._settings = open_to_append(path), settings
        self._touch_every = max(1, min(TOUCH_EVERY, settings.max_size // TOUCH_BYTES))
        self._channels = Channels(self._db, self._touch_every)
        try:
            first, last = self._db.execute(ENDS).fetchone()
        except BaseException:
            self.close()
            raise
        self._first: int = first or 0
        self.last: int = last or 0
        """Number of the last arrival on disk."""
        self._former = self._measured = self.last
        self._marked_at = WallTime(0.0)
        self._past = 0
        """Up to this number all is old enough to go."""

    def write(
        self,
        groups: Iterable[Group],
        now: WallTime,
        needed_after: int | None,
        told: Told = NOTHING_TOLD,
        decided: Decided = NOTHING_DECIDED,
        unheard: Container[AlertKey] = (),
    ) -> Mapping[AlertKey, int]:
        """Commit groups, alerts and what the desk decided, all or none; let go of old arrivals, of none after `needed_after`.

        Of the alerts, those `unheard` are told to the desk next. Return the keys of the alerts that were not known before.
        """
        last, came = self.last, list[Stub]()
        self._db.execute("BEGIN IMMEDIATE")
        for group in groups:
            self._first = self._first or group.first
            arrivals.write(self._db, self._channels, group)
            last = group.last
            came += group.stubs
        stubs.write(self._db, came)
        notices.write(self._db, decided)
        fresh = alerts.write(self._db, told)
        if fresh or decided.notices or decided.rows:
            notices.note_seen(self._db, fresh, unheard)
        marks = not 0.0 <= now - self._marked_at < MARK_EVERY_S
        if marks:
            self._mark(last, now)
            stubs.let_go(self._db)
            long_ago = WallTime(now - self._settings.keep_alerts)
            alerts.let_go(self._db, long_ago, self._first, told.sinks)
            said.let_go(self._db, long_ago, self._first)
            notices.let_go(self._db, long_ago, decided.receivers)
        if marks or last - self._measured >= self._touch_every:
            self._measure(last)
        first = self._let_go(min(self._past, last - 1, last if needed_after is None else needed_after))
        self._db.execute("COMMIT")
        self._first, self.last = first, last
        return fresh

    def stubs(self) -> list[Stub]:
        """Return how the last messages are known again, oldest first."""
        return stubs.read(self._db)

    def owed(self, sink: str, limit: int) -> list[Owed[AlertEvent]]:
        """Return the oldest events that a sink has not had."""
        return alerts.owed(self._db, sink, limit)

    def lasting_alerts(self, sink: str) -> list[AlertEvent]:
        """Return what a sink was told of episodes that last."""
        return alerts.lasting(self._db, sink)

    def owed_notices(self, receiver: str, limit: int) -> list[Owed[Notice]]:
        """Return the oldest notices that a receiver has not had."""
        return notices.owed(self._db, receiver, limit)

    def desk_rows(self) -> list[Row]:
        """Return what the desk remembers."""
        return notices.rows(self._db)

    def unheard(self) -> list[Owed[AlertEvent]]:
        """Return the alerts that the desk has not heard."""
        return notices.unheard(self._db)

    def recent_alerts(self, limit: int) -> list[AlertEvent]:
        """Return the last events, oldest first."""
        return alerts.recent(self._db, limit)

    def cases(self, which: Which) -> list[Case]:
        """Return the last alerts, newest first."""
        return said.cases(self._db, which)

    def read(self, after: int) -> Iterator[Arrival]:
        """Yield the arrivals after a number, in order, up to the last when this is called or later."""
        return arrivals.read(self._db, after)

    def close(self) -> None:
        """Close the connection; what was not committed is undone."""
        self._db.close()

    def _mark(self, last: int, now: WallTime) -> None:
        """Note the time, and find out how much is beyond its age."""
        self._db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (last, int(now)))
        self._marked_at = now
        old = self._db.execute("SELECT max(seq) FROM marks WHERE at < ?", (now - self._settings.keep,)).fetchone()[0]
        self._past = max(self._past, old or 0)
        self._db.execute("DELETE FROM marks WHERE seq < ?", (self._first,))

    def _measure(self, last: int) -> None:
        """Find out how much is beyond the size, and let go of channels that have no arrivals any more."""
        share = self._settings.max_size / max(1, self._used())
        if share < 1.0:
            self._past = max(self._past, last - int((last - self._first + 1) * share))
        untouched = FORMER if self._first <= self._former else self._touch_every
        self._db.execute(FORGET, (self._first - untouched, LET_GO))
        self._measured = last

    def _let_go(self, up_to: int) -> int:
        """Delete some of the arrivals up to a number, never the last; return the number where the rest begins."""
        if up_to < self._first:
            return self._first
        self._db.execute("DELETE FROM arrivals WHERE seq <= ?", (min(up_to, self._first + LET_GO),))
        return int(self._db.execute("SELECT min(seq) FROM arrivals").fetchone()[0])

    def _used(self) -> int:
        """Return the bytes in use; what was let go of stays in the file, to be used anew."""
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)
