"""The one queue between the link and the engine: bounded, thread-safe, with a stated overflow policy.

In: MQTT messages from the network thread. Out: batches of whatever waits, to the thread that steps the engine.
"""

import threading
from collections import deque
from itertools import islice
from typing import NamedTuple

from detector.domain import EventTime
from detector.settings import InboxSettings
from detector.settings.mqtt import Overflow


class Message(NamedTuple):
    """One MQTT message as it arrived, with what it takes to acknowledge it."""

    topic: str
    payload: bytes
    arrived: EventTime
    qos: int
    retain: bool
    duplicate: bool
    """The broker says that it may have sent this one before."""
    mid: int
    """The broker's packet identifier; used anew in every connection, hence the next field."""
    connection: int
    """Number of the connection it came through."""
    resumed: bool = False
    """The session is older than that connection."""


PATIENCE_S = 5.0
"""Longest that a full inbox holds the link up: well within any keepalive."""


class Inbox:
    """Holds at most `settings.max_messages`; beyond that each `put` waits or gives one message up."""

    def __init__(self, settings: InboxSettings, patience_s: float = PATIENCE_S) -> None:
        """Start empty and open; with `overflow: wait`, a put waits at most `patience_s` for room."""
        self._patience_s = patience_s
        self._settings = settings
        self._waiting: deque[Message] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._waiting)

    @property
    def _full(self) -> bool:
        """Whether there is no room."""
        return len(self._waiting) >= self._settings.max_messages

    @property
    def closed(self) -> bool:
        """Whether further messages are given up at once."""
        return self._closed

    def put(self, message: Message) -> Message | None:
        """Add a message; return the one that was given up for it, which the caller counts and acknowledges.

        With `overflow: wait` a full inbox holds the caller up, and so the broker, until the scoring loop takes some.
        """
        with self._changed:
            if self._settings.overflow is Overflow.WAIT:
                self._changed.wait_for(lambda: self._closed or not self._full, self._patience_s)
            full = self._full
            if self._closed or (full and self._settings.overflow is not Overflow.DROP_OLDEST):
                return message
            given_up = self._waiting.popleft() if full else None
            self._waiting.append(message)
            self._changed.notify()
            return given_up

    def take(self, limit: int, timeout_s: float) -> list[Message]:
        """Return all that waits, oldest first, up to `limit`; wait at most `timeout_s` for the first.

        An empty list means that nothing came in time, or that the inbox is closed and drained.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            taken = list(islice(self._waiting, limit))
            for _ in taken:
                self._waiting.popleft()
            self._changed.notify_all()  # to a put that waits for room
            return taken

    def close(self) -> None:
        """Give up whatever is put from now on, and wake all takers; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
