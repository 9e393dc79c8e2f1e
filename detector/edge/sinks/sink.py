"""What the courier needs of a way out for alert events, or for notices.

In: events or notices to deliver. Out: for each of them, some time later, an answer. A sink that does not know whether one arrived
says nothing and goes on trying; one that learns that it did not, says why.
"""

from typing import NamedTuple, Protocol, TypeVar

from detector.domain import AlertEvent, AlertKey
from detector.notice import Notice, NoticeKey

Taken = TypeVar("Taken", AlertEvent, Notice, contravariant=True)
"""What a sink takes."""


class Answer(NamedTuple):
    """What became of what a sink was offered."""

    key: AlertKey | NoticeKey
    fault: str | None = None
    """Why it was not taken, for people; None when it was."""
    hopeless: bool = False
    """It would not be taken a second time either."""


class Sink(Protocol[Taken]):
    """One way out; `offer` and `answers` are called by the scoring thread alone, and neither may ever wait."""

    @property
    def name(self) -> str:
        """Return what it is called in the configuration, in metrics and on disk."""
        ...

    def offer(self, item: Taken, /) -> None:
        """Take an event, or a notice, to deliver; the courier never has more than its window out at one sink."""
        ...

    def answers(self) -> list[Answer]:
        """Return what became of what was offered, since this was last asked."""
        ...
