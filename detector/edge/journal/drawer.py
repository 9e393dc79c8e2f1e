"""What the desk decided and what is not on disk yet: notices and rows of its memory, and what became of deliveries.

In: what the desk decides, marks as sinks answer. Out: what a commit writes. While the disk fails notices are told from here, and
kept within a bound until it is back; one that finds no room is counted and logged.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from json import dumps
from typing import Final

from detector.clock import WallTime
from detector.edge.journal.alerts import Mark, Owed
from detector.edge.journal.notices import Decided
from detector.notice import Notice, NoticeKey
from detector.notices import Row

log = logging.getLogger("detector.journal")

WAITING: Final = 10_000
"""Notices, and marks, that wait for a disk that fails."""


class Drawer:
    """Notices on their way out; the journal owns it, and the courier is given notices from here."""

    def __init__(self, stored: Callable[[str, int], list[Owed[Notice]]]) -> None:
        """Hold nothing; `stored` returns what is on disk and owed to a receiver."""
        self.lost = 0
        """Notices that could not be kept; they were told as far as there was room at the sinks."""
        self._stored = stored
        self._notices: dict[NoticeKey, Owed[Notice]] = {}
        self._rows: dict[str, Row] = {}
        self._marks: dict[tuple[str, NoticeKey], Mark[NoticeKey]] = {}

    def __bool__(self) -> bool:
        """Return whether a commit has anything to write of this."""
        return bool(self._notices or self._rows or self._marks)

    def put(self, notices: Iterable[Notice], rows: Iterable[Row], now: WallTime) -> None:
        """Take what the desk decided; of a row that changed twice the last is kept."""
        for notice in notices:
            self._notices[notice.key] = Owed(notice, now)
        for row in rows:
            self._rows[dumps(row[:2])] = row
        while len(self._notices) > WAITING:
            self._lose(next(iter(self._notices)))

    def mark(self, mark: Mark[NoticeKey]) -> None:
        """Take what became of a notice; written with the next commit."""
        self._marks[mark.sink, mark.key] = mark
        if len(self._marks) > WAITING:
            del self._marks[next(iter(self._marks))]  # at worst that notice is delivered again after a restart

    def owed(self, sink: str, but: Collection[NoticeKey], limit: int) -> list[Owed[Notice]]:
        """Return the oldest notices that a receiver has not had, without those in `but`."""
        marked = {key for of, key in self._marks if of == sink}
        stored = self._stored(sink, limit + len(but) + len(marked))
        unwritten = [owed for owed in self._notices.values() if owed.item.receiver == sink]
        known = marked.union(but)
        return [owed for owed in (*stored, *unwritten) if owed.item.key not in known][:limit]

    def decided(self, receivers: Sequence[str]) -> Decided:
        """Return what is to be written."""
        return Decided(list(self._notices.values()), list(self._rows.values()), list(self._marks.values()), receivers)

    def written(self) -> None:
        """Forget what is on disk now."""
        self._notices.clear()
        self._rows.clear()
        self._marks.clear()

    def _lose(self, key: NoticeKey) -> None:
        """Give up keeping a notice."""
        self.lost += 1
        log.error(
            "journal: no room for a notice while the disk fails, it will be missing there: %s",
            self._notices.pop(key).item.title,
            extra={"kind": "notice not kept"},
        )
