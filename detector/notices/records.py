"""What the desk remembers: alerts, the places they are at, the troubles that people are told of.

In: nothing. Out: the types, and how each is read from JSON.
"""

from dataclasses import astuple
from typing import Any, NamedTuple

from detector.domain import AlertEvent
from detector.notices.directory import Labels


class Alert(NamedTuple):
    """An alert that lasts, or that is still spoken of."""

    event: AlertEvent
    """Its last."""
    labels: Labels
    acknowledged: str | None
    """By whom; None while nobody did."""

    def plain(self) -> list[Any]:
        """Return it as JSON can hold it."""
        return [astuple(self.event), self.labels, self.acknowledged]

    @classmethod
    def of(cls, plain: list[Any]) -> "Alert":
        """Return it from JSON."""
        event, labels, acknowledged = plain
        return cls(AlertEvent.of(event), tuple((name, value) for name, value in labels), acknowledged)


class Place(NamedTuple):
    """A channel, or a whole device, in the eyes of one receiver: all that is wrong with it at a time is one matter."""

    receiver: str
    device: str
    channel: str | None


UNTOLD = -1


class Member(NamedTuple):
    """A place that is part of a trouble."""

    thread: str
    since: float
    """When it opened."""
    told: int
    """Gravest severity, as a rank, that was told of it within this trouble, or UNTOLD."""
    closed: float | None
    """Since when it is quiet; None while it is not."""
    ids: tuple[str, ...]
    """Its open alerts; once it is quiet, the last one."""

    def earlier(self, seconds: float) -> "Member":
        """Return it as if all had been so much earlier."""
        closed = None if self.closed is None else self.closed - seconds
        return self._replace(since=self.since - seconds, closed=closed)

    @property
    def is_open(self) -> bool:
        """Return whether something lasts there."""
        return self.closed is None

    @property
    def is_told(self) -> bool:
        """Return whether people know."""
        return self.told > UNTOLD


class Thread(NamedTuple):
    """One trouble, from the first alert in it until all of it was told as resolved."""

    receiver: str
    together: str
    """What its alerts have in common."""
    began: float
    joined: float
    """When the last alert came to it."""
    number: int = 0
    """Of its last notice."""
    told_at: float = 0.0
    """When that was."""
    told: int = UNTOLD
    """Gravest severity that was told."""
    flapping: bool = False
    """People were told that it comes and goes."""

    def earlier(self, seconds: float) -> "Thread":
        """Return it as if all had been so much earlier."""
        began, joined, told_at = self.began - seconds, self.joined - seconds, self.told_at - seconds
        return self._replace(began=began, joined=joined, told_at=told_at)

    @property
    def is_told(self) -> bool:
        """Return whether people know of it."""
        return self.number > 0


def place_of(plain: list[Any]) -> Place:
    """Return a place from JSON."""
    receiver, device, channel = plain
    return Place(receiver, device, channel)


def member_of(plain: list[Any]) -> Member:
    """Return a member from JSON."""
    thread, since, told, closed, ids = plain
    return Member(thread, since, told, closed, tuple(ids))


def thread_of(plain: list[Any]) -> Thread:
    """Return a thread from JSON."""
    return Thread(*plain)
