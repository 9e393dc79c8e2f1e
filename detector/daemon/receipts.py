"""Messages that were scored and wait for the journal's commit, and then for the disk, after which the broker may forget them.

In: messages, commits. Out: when to commit, and what to acknowledge. The disk is slow, so several turns share a commit.
"""

from collections import deque
from collections.abc import Collection
from typing import Final

from detector.clock import Clock, MonoTime
from detector.edge.parcel import Parcel

COMMIT_WITHIN_S: Final = 0.05
"""Longest that a message waits for others to share its commit."""

ENOUGH: Final = 8
"""Messages that are worth a commit when no more wait: a broker that sends only few (mosquitto 20, RabbitMQ 10) before it has
been answered would sit idle for the rest of the time."""

PLENTY: Final = 128
"""Messages that are worth a commit though more wait: an alert waits for what stands before it to be written, and 50 ms of a fast stream take
longer than what came of one turn."""


class Receipts:
    """Held messages, in order of arrival."""

    def __init__(self, clock: Clock) -> None:
        """Hold nothing."""
        self._clock = clock
        self._held: list[Parcel] = []
        self._count = 0
        self._until: MonoTime | None = None
        self._committed: deque[tuple[int, list[Parcel]]] = deque()

    def hold(self, parcels: Collection[Parcel]) -> None:
        """Hold messages until a commit; without any, a commit is still wanted."""
        self._held += parcels
        self._count += sum(map(len, parcels))
        if self._until is None:
            self._until = MonoTime(self._clock.mono() + COMMIT_WITHIN_S)

    def patience_s(self, longest_s: float) -> float:
        """Return how long the loop may wait for further messages, seconds, at most `longest_s`."""
        return longest_s if self._until is None else min(longest_s, max(0.0, self._until - self._clock.mono()))

    def due(self, *, more_wait: bool) -> bool:
        """Tell whether it is time to commit; `more_wait`: further messages can be taken at once."""
        if self._until is None:
            return False
        return self._clock.mono() >= self._until or self._count >= (PLENTY if more_wait else ENOUGH)

    def commit(self, number: int) -> None:
        """Let what is held wait for the disk to have the commit of this number; nothing more of it is to be committed."""
        owed = [parcel for parcel in self._held if any(parcel.mids)]  # QoS 0 wants no answer
        if owed:
            self._committed.append((number, owed))
        self._held, self._count, self._until = [], 0, None

    def release(self, flushed: int) -> list[Parcel]:
        """Return what is to be acknowledged, in order, as the disk has commits up to this number."""
        released = list[Parcel]()
        while self._committed and self._committed[0][0] <= flushed:
            released += self._committed.popleft()[1]
        return released
