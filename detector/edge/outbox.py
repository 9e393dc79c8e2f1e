"""What we publish, until the broker has confirmed it: events in order, of retained topics the newest alone.

In: publications from any thread, confirmations from the network thread. Out: the next ones to send,
never more under way than the window. Knows no MQTT client.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from detector.domain import AlertKey


class Publication(NamedTuple):
    """One message to publish."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    key: AlertKey | None = None
    """The alert event that it is; whoever published it is told what became of it."""


class Outbox:
    """Keeps unconfirmed publications through any number of connections, within its bounds."""

    def __init__(self, max_events: int = 10_000, max_retained: int = 100_000) -> None:
        """Start empty; events and retained topics have a bound each, so that neither crowds out the other."""
        self._max_events, self._max_retained = max_events, max_retained
        self._events: deque[Publication] = deque()
        self._retained: dict[str, Publication] = {}
        self._under_way: dict[int, Publication] = {}
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """Return how many publications are not confirmed yet."""
        return len(self._events) + len(self._retained) + len(self._under_way)

    @property
    def under_way(self) -> int:
        """Return how many publications the broker has and has not answered."""
        return len(self._under_way)

    def put(self, publication: Publication) -> bool:
        """Keep a publication, in place of an unsent one of the same retained topic; return whether there was room."""
        with self._changed:
            if not publication.retain:
                if len(self._events) >= self._max_events:
                    return False
                self._events.append(publication)
                return True
            if publication.topic not in self._retained and len(self._retained) >= self._max_retained:
                return False
            self._retained[publication.topic] = publication
            return True

    def send(self, window: Callable[[], int], hand_over: Callable[[Publication], int | None]) -> None:
        """Hand over what waits, events first, while fewer than `window` are under way.

        `hand_over` returns the packet identifier under which the confirmation will come, None if the publication can
        never be sent. Both are called under the outbox's lock: no confirmation is looked up before its identifier is
        known, and nothing is handed to a connection that `rewind` has already written off.
        """
        with self._changed:
            while (self._events or self._retained) and len(self._under_way) < window():
                publication = self._events.popleft() if self._events else self._retained.pop(next(iter(self._retained)))
                mid = hand_over(publication)
                if mid is not None:
                    self._under_way[mid] = publication

    def confirm(self, mid: int) -> Publication | None:
        """Let go of the publication the broker answered, whatever the answer was; None if it isn't one of ours."""
        with self._changed:
            publication = self._under_way.pop(mid, None)
            self._changed.notify_all()
            return publication

    def rewind(self) -> None:
        """Put what was under way back in front: its connection is lost, and with it the packet identifiers."""
        with self._changed:
            for publication in reversed(self._under_way.values()):
                if publication.retain:
                    self._retained.setdefault(publication.topic, publication)
                else:
                    self._events.appendleft(publication)
            self._under_way.clear()

    def forget(self, topic: str) -> None:
        """Drop the unsent publication of a retained topic, if there is one."""
        with self._changed:
            self._retained.pop(topic, None)

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Wait until everything is confirmed, or no more will be; return whether it is."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self) == 0, timeout_s)
            return len(self) == 0

    def close(self) -> None:
        """Say that no more confirmations will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
