"""What may be asked of a journal's disk.

In: a way to its store; one that fails has nothing, and tells so. Out: rows as they were committed.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from detector.clock import WallTime
from detector.domain import AlertEvent
from detector.edge.journal.alerts import Owed
from detector.edge.journal.said import Case, Which
from detector.edge.journal.store import Store
from detector.edge.journal.stubs import Stub
from detector.notices import Row

Found = TypeVar("Found")


class Read(Protocol):
    """Asks the store for something; a disk that fails has nothing."""

    def __call__(self, ask: Callable[[Store], list[Found]], /) -> list[Found]:
        """Return what was found."""
        ...


class Kept:
    """The questions; while the disk fails, the answer to each is that there is nothing."""

    def __init__(self, read: Read) -> None:
        """Ask by `read`."""
        self._read = read

    def lasting_alerts(self, sink: str) -> list[AlertEvent]:
        """Return the alerts that a sink has had of episodes of which it has not had the end."""
        return self._read(lambda store: store.lasting_alerts(sink))

    def recent_alerts(self, limit: int) -> list[AlertEvent]:
        """Return the last alerts, oldest first."""
        return self._read(lambda store: store.recent_alerts(limit))

    def cases(self, which: Which) -> list[Case]:
        """Return the last alerts, newest first, and what was said of them."""
        return self._read(lambda store: store.cases(which))

    def case(self, alert: str) -> Case | None:
        """Return one alert; None where there is none of that id."""
        found = self.cases(Which(WallTime(0.0), 1, ids=(alert,)))
        return found[0] if found else None

    def desk_rows(self) -> list[Row]:
        """Return what the desk remembers."""
        return self._read(lambda store: store.desk_rows())

    def unheard(self) -> list[Owed[AlertEvent]]:
        """Return the alerts that the desk has not heard."""
        return self._read(lambda store: store.unheard())

    def stubs(self) -> list[Stub]:
        """Return how the last messages are known again, oldest first."""
        return self._read(lambda store: store.stubs())
