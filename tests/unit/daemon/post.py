"""Everything between an alert and the people who are told: journal, desk, courier, one receiver; in one process after the other.

In: a folder. Out: what the receiver was offered, over all processes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.daemon.herald import Herald
from detector.domain import AlertEvent
from detector.edge.journal import Owed
from detector.edge.journal.drawer import Drawer
from detector.edge.journal.unwritten import Unwritten
from detector.edge.sinks import Answer, Courier, Sinks
from detector.edge.sinks.delivery import LOOK_EVERY_S
from detector.notice import Notice
from detector.notices import Desk, Directory
from tests.unit.edge.journal.bench import Bench
from tests.unit.notices.evening import settings

WEEK_S = 7 * 86_400.0


class Phone:
    """A receiver that keeps what it is offered, and confirms when told to."""

    name = "r0"

    def __init__(self) -> None:
        """Start with nothing offered."""
        self.offered: list[Notice] = []
        self._answers: list[Answer] = []

    def offer(self, item: Notice, /) -> None:
        """Keep a notice."""
        self.offered.append(item)

    def answers(self) -> list[Answer]:
        """Return the answers so far."""
        answers, self._answers = self._answers, []
        return answers

    def confirm(self) -> None:
        """Say that all of it arrived."""
        self._answers = [Answer(notice.key) for notice in self.offered]

    def confirm_all(self, turn: Callable[[], None]) -> None:
        """Say so of what comes after it as well, until nothing does."""
        before = -1
        while before < len(self.offered):
            before = len(self.offered)
            self.confirm()
            turn()


class Post:
    """Journal, desk and courier."""

    def __init__(self, folder: Path) -> None:
        """Nothing happened yet."""
        self.bench = Bench(folder)

    @contextmanager
    def open(self) -> Iterator[Phone]:
        """Be one process."""
        with self.bench.journal() as self.journal:
            self.herald = Herald(Desk(settings({}), Directory(100)), self.journal, self.bench.clock)
            self.courier = Courier(self.journal, self.bench.clock)
            phone = Phone()
            self.courier.turn_to(Sinks(notices=(phone,)), WEEK_S)
            yield phone

    def find(self, *events: AlertEvent) -> None:
        """Let events be found, and no more: they are not on disk."""
        self.journal.append_alerts(events)

    def commit(self) -> list[Owed[AlertEvent]]:
        """Bring the events to the disk, and no more: the desk has not heard them."""
        return self.journal.commit()

    def turn(self, seconds: float = LOOK_EVERY_S) -> None:
        """Do what a turn of the scoring loop does, some time later."""
        self.bench.clock.passed_s += seconds
        self.courier.take_answers()
        self.herald.hear()
        found = self.journal.commit()
        told = self.herald.hear(found)
        if told:
            self.journal.commit()
        self.courier.offer(found=told)

    def crash(self) -> None:
        """Lose what was not committed: nothing more of this process reaches the disk."""
        self.journal._waiting.clear()
        self.journal._alerts = Unwritten()
        self.journal.notices = Drawer(lambda _receiver, _limit: [])
