"""The daemon's journal: takes every arrival and alert, commits when told to, and goes on without a disk until there is one again.

In: readings and idle ticks in order of arrival, alerts. Out: committed rows; what went wrong, in the log and in a `JournalStatus`.
The scoring thread owns it; any thread may ask for the status. While the disk fails, arrivals wait in memory as far
as `WAITING` goes, and what is beyond that is not kept, and counted.
"""

import logging
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from detector.clock import Clock, MonoTime
from detector.domain import AlertEvent, AlertKey, EventTime, Feedback, Reading
from detector.edge.journal.alerts import Mark, Owed, to_all
from detector.edge.journal.arrivals import Arrival, Group
from detector.edge.journal.database import NAME, is_damaged, lock_directory, set_aside, size_of
from detector.edge.journal.drawer import Drawer
from detector.edge.journal.flusher import Flusher
from detector.edge.journal.kept import Found, Kept
from detector.edge.journal.said import Given
from detector.edge.journal.status import JournalStatus
from detector.edge.journal.store import Store
from detector.edge.journal.stubs import Stub
from detector.edge.journal.unwritten import Unwritten
from detector.errors import JournalError
from detector.readings import Readings
from detector.settings import JournalSettings

log = logging.getLogger("detector.journal")

RETRY_S: Final = 5.0
"""Time between two tries to write on a disk that failed."""

WAITING: Final = 100_000
"""Arrivals that wait for a disk that fails; about 20 MB."""


def _nobody_waits() -> None:
    """Do nothing: nobody is told of the disk."""


class Journal:
    """Numbers every arrival, kept or not; numbers only grow, over restarts as well."""

    def __init__(self, directory: Path, settings: JournalSettings, entries: Sequence[str], clock: Clock) -> None:
        """Open the journal of a state directory; a disk that cannot be written is told, and tried again later.

        Raises: JournalError when another daemon uses the directory, or a newer one wrote the journal.
        """
        self.entries = tuple(entries)
        """Names of the `sensors` entries by which the readings come; a reload changes them."""
        self.sinks: tuple[str, ...] = ()
        """Names of the sinks to which alerts are owed; a reload changes them."""
        self.receivers: tuple[str, ...] = ()
        """Names of those to whom notices are owed; a reload changes them."""
        self.wants: Callable[[str, AlertEvent], bool] = to_all
        """Whether a sink is there for an event; a reload changes it."""
        self.needed_after: int | None = None
        """Arrivals after this number are never let go of: a snapshot to go on from ends here. None: there is no snapshot."""
        self._path, self._settings, self._clock = directory / NAME, settings, clock
        self._waiting: deque[Group] = deque()
        self._alerts = Unwritten()
        self.notices = Drawer(lambda receiver, limit: self._read(lambda store: store.owed_notices(receiver, limit)))
        """The way out of notices."""
        self.kept = Kept(self._read)
        """What may be asked of the disk."""
        self._lock: int | None = None
        self._store: Store | None = None
        self._retry_at = MonoTime(0.0)
        self._trouble: str | None = None
        self._failures = self._lost = self._commits = 0
        self._flusher: Flusher | None = None
        self.on_flushed: Callable[[], None] = _nobody_waits
        """Called, on a thread of its own, whenever more commits are on the disk."""
        self.files = 1
        """Databases so far: one more each time that a damaged one was set aside and a new one begun."""
        self.seq = 0
        """Number of the last arrival."""
        try:
            self._or_anew(self._open)
        except (sqlite3.Error, OSError) as fault:
            self._fail(fault)
        except JournalError:
            self.close()
            raise

    @property
    def committed(self) -> int:
        """Return the number up to which arrivals are committed, those that were lost aside."""
        return self._waiting[0].first - 1 if self._waiting else self.seq

    @property
    def alerts_wait(self) -> int:
        """Return how many alerts a commit would let out."""
        return self._alerts.untold

    @property
    def settled(self) -> bool:
        """Whether all that was taken in, and every alert that came of it, is on disk."""
        on_disk = self._trouble is None and self.flushed == self._commits
        return on_disk and self.committed == self.seq and not self._alerts

    @property
    def retry_due(self) -> bool:
        """Whether the disk failed and it is time to try it again."""
        return self._trouble is not None and self._clock.mono() >= self._retry_at

    def append(self, readings: Iterable[Reading], stubs: Sequence[Stub] = ()) -> None:
        """Take readings in order of arrival, and the stubs of the messages they came in."""
        self._take(Group(self.seq + 1, self.entries, Readings.of(readings), (), stubs))

    def append_ticks(self, ticks: Sequence[EventTime]) -> None:
        """Take the ticks at which silence was judged though nothing had arrived: readings alone do not bring them back."""
        self._take(Group(self.seq + 1, self.entries, Readings.of(()), ticks))

    def append_feedback(self, feedback: Feedback, by: str) -> None:
        """Take what somebody said of an alert: it arrives like a reading, and counts for those after it."""
        given = Given(feedback, self._clock.wall(), by)
        self._take(Group(self.seq + 1, self.entries, Readings.of(()), given=(given,)))

    def append_alerts(self, events: Sequence[AlertEvent]) -> None:
        """Take alert events that arrivals so far led to; they are written with the next commit, with those arrivals or after them.

        An engine in a process of its own tells of arrivals when others have come since, and those that led to it may be on disk.
        """
        self._alerts.add(events, self.seq, self._clock.wall())

    def mark(self, mark: Mark[AlertKey]) -> None:
        """Take what became of an alert at a sink; written with the next commit."""
        self._alerts.mark(mark)

    def commit(self) -> list[Owed[AlertEvent]]:
        """Write all that waits; where that fails, say so, and try again after a while.

        No end of this process undoes what was committed; a power failure may, until `flush`. Return the alerts to be told now, for the desk to hear before the next commit: each once, though found again; where
        the disk fails, those not told before.
        """
        self._look_after_flusher()
        if self.retry_due or ((self._waiting or self._alerts or self.notices) and self._trouble is None):
            try:
                self._or_anew(self._write)
            except (sqlite3.Error, OSError, JournalError) as fault:
                self._fail(fault)
            else:
                self._well()
        return self._alerts.take_untold()

    @property
    def commits(self) -> int:
        """Return the number of the last commit of this process."""
        return self._commits

    @property
    def flushed(self) -> int:
        """Return the number of the last commit that is on the disk; while that fails the last of all: nobody knows when it will not."""
        return self._commits if self._flusher is None or self._flusher.fault else self._flusher.done

    def flush(self) -> None:
        """Wait until all that was committed is on the disk, where it outlasts a power failure; where that fails, say so."""
        if self._flusher is not None:
            self._flusher.wait()
            self._look_after_flusher()

    def flush_times_s(self) -> Iterator[float]:
        """Yield how long the disk took since this was asked last, a number a flush."""
        while self._flusher is not None and self._flusher.took_s:
            yield self._flusher.took_s.popleft()

    def owed(self, sink: str, but: Collection[AlertKey], limit: int) -> list[Owed[AlertEvent]]:
        """Return the oldest alerts that a sink has not had, without those in `but`: those on disk, while it fails others too."""
        marked = self._alerts.marked(sink)
        stored = self._read(lambda store: store.owed(sink, limit + len(but) + len(marked)))
        waiting = () if self._trouble is None else self._alerts.owed(sink)
        both = (*stored, *(owed for owed in waiting if self.wants(sink, owed.item)))
        return [owed for owed in both if owed.item.key not in marked and owed.item.key not in but][:limit]

    def _read(self, ask: Callable[[Store], list[Found]]) -> list[Found]:
        """Ask the store for something; a disk that fails has nothing, and is told."""
        try:
            return [] if self._store is None else ask(self._store)
        except sqlite3.Error as fault:
            self._fail(fault)
            return []

    def read(self, after: int) -> Iterator[Arrival]:
        """Yield the committed arrivals after a number, in order; nothing while the disk fails.

        Raises: sqlite3.Error when the disk fails or the database is damaged.
        """
        return iter(()) if self._store is None else self._store.read(after)

    def continue_after(self, seq: int) -> None:
        """Give no number up to `seq` again: a snapshot knows it, though this journal, begun anew, may not."""
        self.seq = max(self.seq, seq)

    def status(self) -> JournalStatus:
        """Return how the journal is; for any thread."""
        flusher = self._flusher
        return JournalStatus(
            self._trouble or (None if flusher is None else flusher.slowness),
            size_of(self._path),
            self._failures,
            self._lost,
            self._alerts.lost + self.notices.lost,
        )

    def close(self) -> None:
        """Commit what waits, whatever the time, and give the directory up."""
        self._retry_at = MonoTime(0.0)
        self.commit()
        self.flush()
        self._close_store()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take(self, group: Group) -> None:
        """Let a group wait; give up the oldest where too many do."""
        if group.last < group.first and not group.stubs:
            return
        self._waiting.append(group)
        self.seq = group.last
        while self.seq - self.committed > WAITING and len(self._waiting) > 1:
            given_up = self._waiting.popleft()
            self._lost += given_up.last - given_up.first + 1

    def _write(self) -> None:
        """Commit all that waits."""
        told, decided, now = (
            self._alerts.told(self.sinks, self.wants),
            self.notices.decided(self.receivers),
            self._clock.wall(),
        )
        store, arrivals = self._open(), self.seq - self.committed
        fresh = store.write(self._waiting, now, self.needed_after, told, decided, self._alerts.unheard)
        self._commits += 1
        if self._flusher is not None:
            self._flusher.ask(self._commits, arrivals)
        self._alerts.written(fresh)
        self.notices.written()
        self._waiting.clear()

    def _open(self) -> Store:
        """Return the open store; open it if need be."""
        if self._lock is None:
            self._lock = lock_directory(self._path.parent)
        if self._store is None:
            self._store = Store(self._path, self._settings)
            self._flusher = Flusher(self._path, self._commits, self._tell_flushed)
            self._renumber(self._store.last)
        return self._store

    def _or_anew(self, act: Callable[[], object]) -> None:
        """Do something with the store; a database that turns out to be damaged is set aside, and it is done with a new one."""
        try:
            act()
        except sqlite3.Error as fault:
            if not is_damaged(fault):
                raise
            self._set_aside(fault)
            act()

    def _renumber(self, last: int) -> None:
        """Move what waits behind the numbers of a journal that could not be read until now."""
        ahead = last - self.committed
        if ahead > 0:
            self._waiting = deque(group._replace(first=group.first + ahead) for group in self._waiting)
            self.seq += ahead

    def _set_aside(self, fault: Exception) -> None:
        """Put a damaged database out of the way, and say so."""
        self._close_store()
        aside = set_aside(self._path, self._clock.wall())
        self._failures += 1
        self.files += 1
        log.error(
            "%s: expected a sound journal, got: %s; set aside as %s, and a new one is begun",
            self._path, fault, aside.name,
        )  # fmt: skip

    def _look_after_flusher(self) -> None:
        """Take note of a disk that failed while it was flushed to."""
        if self._flusher is not None and self._flusher.fault is not None:
            self._fail(self._flusher.fault)

    def _tell_flushed(self) -> None:
        """Tell whoever is to be told by now."""
        self.on_flushed()

    def _fail(self, fault: Exception) -> None:
        """Go on without the disk, and say so once; a store that failed is opened anew."""
        self._close_store()
        self._failures += 1
        self._retry_at = MonoTime(self._clock.mono() + RETRY_S)
        if self._trouble is None:
            log.error(
                "journal: cannot write %s: %s; scoring goes on, but readings may be lost in a crash; trying again",
                self._path, fault,
            )  # fmt: skip
        self._trouble = f"cannot write {self._path}: {fault}"

    def _well(self) -> None:
        """Take note of a commit that succeeded."""
        if self._trouble is not None:
            log.warning("journal: %s can be written again; readings lost meanwhile: %d", self._path, self._lost)
            self._trouble = None

    def _close_store(self) -> None:
        """Close the store if there is one; no error on the way out adds to the one that led here."""
        flusher, self._flusher = self._flusher, None
        if flusher is not None:
            flusher.close()
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except sqlite3.Error as fault:
                log.debug("journal: closing: %s", fault)
