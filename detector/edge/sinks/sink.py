"""What the courier needs of a way out for alert events.

In: events to deliver. Out: for each of them, some time later, an answer. A sink that does not know whether an event arrived
says nothing and goes on trying; one that learns that it did not, says why.
"""

from typing import NamedTuple, Protocol

from detector.domain import AlertEvent, AlertKey
from detector.notice import NoticeKey


class Keyed(Protocol):
    """What can be delivered: it is known by a key, however often it is sent."""

    @property
    def key(self) -> AlertKey | NoticeKey:
        """Return what it is known by."""
        ...


class Answer(NamedTuple):
    """What became of an event or a notice that a sink was offered."""

    key: AlertKey | NoticeKey
    fault: str | None = None
    """Why it was not taken, for people; None when it was."""
    hopeless: bool = False
    """It would not be taken a second time either."""


class Sink(Protocol):
    """One way out; `offer` and `answers` are called by the scoring thread alone, and neither may ever wait."""

    @property
    def name(self) -> str:
        """Return what it is called in the configuration, in metrics and on disk."""
        ...

    def offer(self, event: AlertEvent) -> None:
        """Take an event to deliver; the courier never has more than its window out at one sink."""
        ...

    def answers(self) -> list[Answer]:
        """Return what became of events since this was last asked."""
        ...
