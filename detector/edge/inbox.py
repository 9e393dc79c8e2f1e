"""The one queue between the link and the engine: bounded in messages and bytes, thread-safe, with a stated overflow policy.

In: MQTT messages from the network thread. Out: batches of whatever waits, to the thread that steps the engine.
"""

import threading
from collections import deque
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
    """Holds at most `max_messages` of together `max_size` bytes; beyond that each `put` waits or gives messages up."""

    def __init__(self, settings: InboxSettings, patience_s: float = PATIENCE_S) -> None:
        """Start empty and open; with `overflow: wait`, a put waits at most `patience_s` for room."""
        self._patience_s = patience_s
        self._settings = settings
        self._waiting: deque[Message] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._waiting)

    @property
    def closed(self) -> bool:
        """Whether further messages are given up at once."""
        return self._closed

    def put(self, message: Message) -> list[Message]:
        """Add a message; return those that were given up for it, or itself, which the caller counts and acknowledges.

        With `overflow: wait` a full inbox holds the caller up, and so the broker, until the scoring loop takes some.
        """
        with self._changed:
            if self._settings.overflow is Overflow.WAIT:
                self._changed.wait_for(lambda: self._closed or self._has_room_for(message), self._patience_s)
            has_room = self._has_room_for(message)
            if self._closed or not (has_room or self._settings.overflow is Overflow.DROP_OLDEST):
                return [message]
            given_up = []
            while not self._has_room_for(message):
                given_up.append(self._next())
            self._waiting.append(message)
            self._size += len(message.payload)
            self._changed.notify()
            return given_up

    def take(self, limit: int, timeout_s: float) -> list[Message]:
        """Return all that waits, oldest first, up to `limit`; wait at most `timeout_s` for the first.

        An empty list means that nothing came in time, or that the inbox is closed and drained.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            taken = [self._next() for _ in range(min(limit, len(self._waiting)))]
            self._changed.notify_all()  # to a put that waits for room
            return taken

    def close(self) -> None:
        """Give up whatever is put from now on, and wake all takers; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room_for(self, message: Message) -> bool:
        """Tell whether a message may wait beside the others; one alone always may, whatever its size."""
        room, size = self._settings.max_messages - len(self._waiting), self._settings.max_size - self._size
        return not self._waiting or (room > 0 and size >= len(message.payload))

    def _next(self) -> Message:
        """Take the oldest message out."""
        message = self._waiting.popleft()
        self._size -= len(message.payload)
        return message
