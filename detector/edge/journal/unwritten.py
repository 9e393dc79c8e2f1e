"""What is to be written of alerts with the next commit: events, and what became of their deliveries.

In: events as they are found, marks as sinks answer. Out: what a commit writes; each event once, to be told. While the disk
fails events are told from here, and kept within a bound until it is back; one that finds no room is counted and logged.
"""

import logging
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Final

from detector.clock import WallTime
from detector.domain import AlertEvent, AlertKey
from detector.edge.journal.alerts import Found, Mark, Owed, Told

log = logging.getLogger("detector.journal")

WAITING: Final = 10_000
"""Events, and marks of each sink, that wait for a disk that fails; about 20 MB."""


class Unwritten:
    """Events and marks in order; the journal owns it."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.lost = 0
        """Events that could not be kept; they were told to the sinks as far as there was room there."""
        self._found: dict[AlertKey, Found] = {}
        self._untold: dict[AlertKey, Owed[AlertEvent]] = {}
        self._marks: dict[tuple[str, AlertKey], Mark[AlertKey]] = {}

    def __bool__(self) -> bool:
        """Return whether a commit has anything to write of this."""
        return bool(self._found or self._marks)

    @property
    def untold(self) -> int:
        """Return how many events are to be told."""
        return len(self._untold)

    def add(self, events: Iterable[AlertEvent], seq: int, now: WallTime) -> None:
        """Take events that the arrivals up to a number led to."""
        for event in events:
            if event.key not in self._found:
                self._found[event.key] = Found(event, seq, now)
                self._untold[event.key] = Owed(event, now)
        while len(self._found) > WAITING:
            self._lose(next(iter(self._found)))

    def mark(self, mark: Mark[AlertKey]) -> None:
        """Take what became of an event at a sink."""
        self._marks[mark.sink, mark.key] = mark
        if len(self._marks) > WAITING:
            del self._marks[next(iter(self._marks))]  # at worst that event is delivered again after a restart

    def told(self, sinks: Sequence[str], wants: Callable[[str, AlertEvent], bool]) -> Told:
        """Return what is to be written, owed to those of the sinks that want it."""
        return Told(list(self._found.values()), sinks, list(self._marks.values()), wants)

    @property
    def unheard(self) -> Container[AlertKey]:
        """Return the events that are to be told."""
        return self._untold.keys()

    def written(self, fresh: Container[AlertKey]) -> None:
        """Forget what is on disk now; of what was found again, not `fresh`, nothing is to be told."""
        self._untold = {key: untold for key, untold in self._untold.items() if key in fresh}
        self._found.clear()
        self._marks.clear()

    def take_untold(self) -> list[Owed[AlertEvent]]:
        """Return the events that are to be told now, each once, and when they were found."""
        untold, self._untold = list(self._untold.values()), {}
        return untold

    def owed(self, sink: str) -> list[Owed[AlertEvent]]:
        """Return the events that are not on disk yet and that a sink has not had."""
        return [Owed(event, since) for key, (event, _, since) in self._found.items() if (sink, key) not in self._marks]

    def marked(self, sink: str) -> set[AlertKey]:
        """Return the events of which a sink's answer is not on disk yet."""
        return {key for of, key in self._marks if of == sink}

    def _lose(self, key: AlertKey) -> None:
        """Give up keeping an event."""
        self.lost += 1
        log.error(
            "journal: no room for an alert while the disk fails, it will be missing there: %s", self._found[key].event.summary,
            extra={"kind": "alert not kept"},
        )  # fmt: skip
        del self._found[key]
