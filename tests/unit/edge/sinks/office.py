"""A sink whose answers are given by hand, and the office it works in: a journal, a courier, a clock.

In: a folder. Out: one process after the other; what the sink was offered in each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from detector.domain import AlertEvent, AlertKey, Transition
from detector.edge.journal.unwritten import Unwritten
from detector.edge.sinks import Answer, Courier, Sinks
from detector.edge.sinks.delivery import LOOK_EVERY_S
from tests.unit.edge.journal.bench import Bench
from tests.unit.edge.readings import event

FIRST_OF_ONE = 10_000
"""Events with lower numbers are of an alert each."""

WEEK_S = 7 * 86_400.0


class Desk:
    """A sink that keeps what it is offered, and answers when told to."""

    name = "mqtt"

    def __init__(self) -> None:
        """Start with nothing offered."""
        self.offered: list[int] = []
        self._answers: list[Answer] = []

    def offer(self, event: AlertEvent) -> None:
        """Keep the number of an event."""
        self.offered.append(number_of(event))

    def answers(self) -> list[Answer]:
        """Return the answers so far."""
        answers, self._answers = self._answers, []
        return answers

    def confirm(self, *numbers: int) -> None:
        """Say that events arrived."""
        self._answers += [Answer(key(one)) for one in numbers]

    def refuse(self, *numbers: int, hopeless: bool = False) -> None:
        """Say that events did not arrive."""
        self._answers += [Answer(key(one), "not today", hopeless) for one in numbers]


def number(one: int) -> AlertEvent:
    """Return an event that is told from others by its number; those of one hundred are of one alert."""
    told = event(Transition.UPDATED, one, summary=f"event {one}")
    return replace(told, id=f"alert {one if one < FIRST_OF_ONE else one // 100}")


def number_of(event: AlertEvent) -> int:
    """Return the number of an event."""
    return (event.at - number(0).at) // 10**6


def key(one: int) -> AlertKey:
    """Return what a numbered event is known by."""
    return number(one).key


class Office:
    """A journal, a courier and one sink, in one process after the other."""

    def __init__(self, folder: Path) -> None:
        """Nothing happened yet."""
        self.bench = Bench(folder)

    @contextmanager
    def open(self) -> Iterator[Desk]:
        """Be one process."""
        with self.bench.journal() as self.journal:
            self.courier = Courier(self.journal, self.bench.clock)
            desk = Desk()
            self.courier.turn_to(Sinks(events=(desk,)), WEEK_S)
            yield desk

    def append(self, *numbers: int) -> None:
        """Let events be found."""
        self.journal.append_alerts([number(one) for one in numbers])

    def find(self, *numbers: int) -> list[int]:
        """Let events be found, and committed; return those to be told."""
        self.append(*numbers)
        told = self.journal.commit()
        self.courier.offer(found=bool(told))
        return [number_of(one.item) for one in told]

    def turn(self, seconds: float = LOOK_EVERY_S) -> None:
        """Let some time pass, take answers, commit, offer."""
        self.bench.clock.passed_s += seconds
        self.courier.take_answers()
        self.journal.commit()
        self.courier.offer()

    def crash(self) -> None:
        """Lose what was not committed: nothing more of this process reaches the disk."""
        self.journal._waiting.clear()
        self.journal._alerts = Unwritten()
