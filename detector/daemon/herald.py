"""Brings alert events to the desk, and what it decides into the journal: the desk forgets nothing that people were told.

In: events as the journal lets them out, the time. Out: notices and rows for the next commit. The journal knows the last alert that
the desk has heard; after a crash the desk is brought back as it stood then, and hears the rest again.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from detector.clock import Clock, WallTime
from detector.domain import AlertEvent
from detector.edge.journal import Journal, Owed
from detector.notice import Notice
from detector.notices import Desk, Hushed


class Herald:
    """Stands between the journal and the desk; the scoring thread owns it."""

    def __init__(self, desk: Desk, journal: Journal, clock: Clock) -> None:
        """Bring the desk back as it stood at the last commit; what was found since it hears at the first call."""
        self.desk, self._journal, self._clock = desk, journal, clock
        desk.restore(journal.kept.desk_rows())
        self._unheard = journal.kept.unheard()
        self._files = journal.disk.files

    @property
    def suppressed(self) -> Mapping[Hushed, int]:
        """Return how often people were not told, by why; for any thread."""
        return dict(self.desk.suppressed)

    @property
    def maintenance(self) -> Mapping[str, WallTime]:
        """Return until when the devices of which globs are under maintenance by command; for any thread."""
        now = self._clock.wall()
        return {devices: WallTime(until) for devices, until in self.desk.maintenance().items() if until > now}

    def hear(self, found: Sequence[Owed[AlertEvent]] = ()) -> bool:
        """Let the desk hear alerts that were committed, and the time; return whether there is something to be committed now.

        An alert is heard as of when it was found: heard again after a crash, it comes to the same.
        """
        unheard, self._unheard = self._unheard, []
        notices = list[Notice]()
        for since, alerts in groupby((*unheard, *found), key=lambda alert: alert.since):
            notices += self.desk.turn(since, [alert.item for alert in alerts])
        notices += self.desk.turn(self._clock.wall())
        asked, self.desk.asked = self.desk.asked, False
        self._put(notices)
        return asked or bool(notices)

    def compare(self, lasting: Sequence[AlertEvent]) -> None:
        """Let the desk compare what it knows with what lasts in fact, after a recovery: some of either may have been lost."""
        self.hear(self._journal.commit())
        self._put(self.desk.compare(self._clock.wall(), lasting))

    def _put(self, notices: Sequence[Notice]) -> None:
        """Put what the desk decided, and what it remembers now, where the next commit finds it."""
        now = self._clock.wall()
        if self._files != self._journal.disk.files:  # a new one was begun, in which nothing of the desk is yet
            self._files = self._journal.disk.files
            self._journal.notices.put((), self.desk.rows(), now)
        self._journal.notices.put(notices, self.desk.changes(), now)
