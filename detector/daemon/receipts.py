"""Messages that were scored and wait for the journal's commit, after which the broker may forget them.

In: messages. Out: when to commit, and what to acknowledge then. A commit waits for the disk, so several turns share one.
"""

from collections.abc import Collection
from typing import Final

from detector.clock import Clock, MonoTime
from detector.edge.parcel import Parcel

COMMIT_WITHIN_S: Final = 0.05
"""Longest that a message waits for others to share its commit."""

ENOUGH: Final = 8
"""Messages that are worth a commit when no more wait: a broker that sends only few (mosquitto 20, RabbitMQ 10) before it has
been answered would sit idle for the rest of the time."""


class Receipts:
    """Held messages, in order of arrival."""

    def __init__(self, clock: Clock) -> None:
        """Hold nothing."""
        self._clock = clock
        self._held: list[Parcel] = []
        self._count = 0
        self._until: MonoTime | None = None

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
        return self._clock.mono() >= self._until or (self._count >= ENOUGH and not more_wait)

    def release(self) -> list[Parcel]:
        """Return all that was held, to be acknowledged, and hold nothing any more."""
        held, self._held, self._count, self._until = self._held, [], 0, None
        return held
