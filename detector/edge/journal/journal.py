"""The daemon's journal: takes every arrival and alert, commits when told to, and goes on without a disk until there is one again.

In: readings and idle ticks in order of arrival, alerts. Out: committed rows; what went wrong, in the log and in a `JournalStatus`.
The scoring thread owns it; any thread may ask for the status. While the disk fails, arrivals wait in memory as far
as `WAITING` goes, and what is beyond that is not kept, and counted.
"""

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from detector.clock import Clock
from detector.domain import AlertEvent, AlertKey, EventTime, Feedback, Reading
from detector.edge.journal.alerts import Mark, Owed, to_all
from detector.edge.journal.arrivals import Arrival, Group
from detector.edge.journal.disk import Disk
from detector.edge.journal.drawer import Drawer
from detector.edge.journal.kept import Kept
from detector.edge.journal.said import Given
from detector.edge.journal.status import JournalStatus
from detector.edge.journal.store import Store
from detector.edge.journal.stubs import Stub
from detector.edge.journal.unwritten import Unwritten
from detector.errors import JournalError
from detector.readings import Readings
from detector.settings import JournalSettings

log = logging.getLogger("detector.journal")

WAITING: Final = 100_000
"""Arrivals that wait for a disk that fails; about 20 MB."""


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
        self._clock = clock
        self._waiting: deque[Group] = deque()
        self._alerts = Unwritten()
        self.disk = Disk(directory, settings, clock, lambda store: self._renumber(store.last))
        """Where it is kept."""
        self.notices = Drawer(lambda receiver, limit: self.disk.read(lambda store: store.owed_notices(receiver, limit)))
        """The way out of notices."""
        self.kept = Kept(self.disk.read)
        """What may be asked of the disk."""
        self._lost = 0
        self.seq = 0
        """Number of the last arrival."""
        try:
            self.disk.open()
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
        on_disk = self.disk.trouble is None and self.disk.flushed == self.disk.commits
        return on_disk and self.committed == self.seq and not self._alerts

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

        No end of this process undoes what was committed; a power failure may, until the disk has it. Return the alerts to be told now, for the desk to hear
        before the next commit: each once, though found again; where the disk fails, those not told before.
        """
        self.disk.look_after_flusher()
        waits, trouble = bool(self._waiting or self._alerts or self.notices), self.disk.trouble
        if self.disk.retry_due or (waits and trouble is None):
            self.disk.commit(self._write)
            if trouble is not None and self.disk.trouble is None:
                log.warning("journal: %s can be written again; readings lost meanwhile: %d", self.disk.path, self._lost)
        return self._alerts.take_untold()

    def owed(self, sink: str, but: Collection[AlertKey], limit: int) -> list[Owed[AlertEvent]]:
        """Return the oldest alerts that a sink has not had, without those in `but`: those on disk, while it fails others too."""
        marked = self._alerts.marked(sink)
        stored = self.disk.read(lambda store: store.owed(sink, limit + len(but) + len(marked)))
        waiting = () if self.disk.trouble is None else self._alerts.owed(sink)
        both = (*stored, *(owed for owed in waiting if self.wants(sink, owed.item)))
        return [owed for owed in both if owed.item.key not in marked and owed.item.key not in but][:limit]

    def read(self, after: int) -> Iterator[Arrival]:
        """Yield the committed arrivals after a number, in order; nothing while the disk fails.

        Raises: sqlite3.Error when the disk fails or the database is damaged.
        """
        return iter(()) if self.disk.store is None else self.disk.store.read(after)

    def continue_after(self, seq: int) -> None:
        """Give no number up to `seq` again: a snapshot knows it, though this journal, begun anew, may not."""
        self.seq = max(self.seq, seq)

    def status(self) -> JournalStatus:
        """Return how the journal is; for any thread."""
        disk = self.disk
        return JournalStatus(
            disk.trouble or disk.slowness, disk.size, disk.failures, self._lost, self._alerts.lost + self.notices.lost
        )

    def close(self) -> None:
        """Commit what waits, whatever the time, and give the directory up."""
        self.disk.try_now()
        self.commit()
        self.disk.flush()
        self.disk.close()

    def _take(self, group: Group) -> None:
        """Let a group wait; give up the oldest where too many do."""
        if group.last < group.first and not group.stubs:
            return
        self._waiting.append(group)
        self.seq = group.last
        while self.seq - self.committed > WAITING and len(self._waiting) > 1:
            given_up = self._waiting.popleft()
            self._lost += given_up.last - given_up.first + 1

    def _write(self, store: Store) -> int:
        """Commit all that waits; return how many arrivals it was."""
        told, decided = self._alerts.told(self.sinks, self.wants), self.notices.decided(self.receivers)
        arrivals, now = self.seq - self.committed, self._clock.wall()
        fresh = store.write(self._waiting, now, self.needed_after, told, decided, self._alerts.unheard)
        self._alerts.written(fresh)
        self.notices.written()
        self._waiting.clear()
        return arrivals

    def _renumber(self, last: int) -> None:
        """Move what waits behind the numbers of a journal that could not be read until now."""
        ahead = last - self.committed
        if ahead > 0:
            self._waiting = deque(group._replace(first=group.first + ahead) for group in self._waiting)
            self.seq += ahead
