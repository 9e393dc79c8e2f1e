"""The one queue between the link and the engine: bounded in messages and bytes, thread-safe, with a stated overflow policy.

In: MQTT messages from the network thread. Out: batches of whatever waits, to the thread that steps the engine.
"""

import threading
from collections import deque
from collections.abc import Sequence
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


class Put(NamedTuple):
    """What became of messages that were put."""

    seen_to: int
    """How many of them, from the first, are not to be put again."""
    given_up: list[Message]
    """Those that found no room, or made room: the caller counts and acknowledges them."""


PATIENCE_S = 5.0
"""Longest that a full inbox holds the link up: well within any keepalive."""


class Inbox:
    """Holds at most `max_messages` of together `max_size` bytes; beyond that `put` waits or gives messages up."""

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

    def put(self, messages: Sequence[Message]) -> Put:
        """Add messages in order, at least one, as far as there is room.

        With `overflow: wait` a full inbox holds the caller up, and so the broker, until the scoring loop takes some: what finds
        no room is to be put again, but for one message if none was taken for so long. Otherwise all are seen to.
        """
        with self._changed:
            if self._settings.overflow is Overflow.WAIT:
                first = len(messages[0].payload)
                self._changed.wait_for(lambda: self._closed or self._may_wait(first), self._patience_s)
            taken = 0 if self._closed else self._add(messages)
            if taken == len(messages):
                return Put(taken, [])
            if self._settings.overflow is Overflow.WAIT and not self._closed:
                return Put(taken, []) if taken else Put(1, [messages[0]])
            if self._settings.overflow is Overflow.DROP_OLDEST and not self._closed:
                return Put(len(messages), self._make_room_for(messages[taken:]))
            return Put(len(messages), list(messages[taken:]))

    def take(self, limit: int, timeout_s: float) -> list[Message]:
        """Return all that waits, oldest first, up to `limit`; wait at most `timeout_s` for the first.

        An empty list means that nothing came in time, or that the inbox is closed and drained.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            if limit < len(self._waiting):
                taken = [self._next() for _ in range(limit)]
            else:
                taken, self._size = list(self._waiting), 0
                self._waiting.clear()
            self._changed.notify_all()  # to a put that waits for room
            return taken

    def close(self) -> None:
        """Give up whatever is put from now on, and wake all takers; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _add(self, messages: Sequence[Message]) -> int:
        """Let messages wait as far as there is room; return how many."""
        taken = 0
        for message in messages:
            size = len(message.payload)
            if not self._may_wait(size):
                break
            self._waiting.append(message)
            self._size += size
            taken += 1
        if taken:
            self._changed.notify()
        return taken

    def _make_room_for(self, messages: Sequence[Message]) -> list[Message]:
        """Let messages wait in the place of the oldest; return these."""
        given_up = []
        for message in messages:
            while not self._add([message]):
                given_up.append(self._next())
        return given_up

    def _may_wait(self, size: int) -> bool:
        """Tell whether a message may wait beside the others; one alone always may, whatever its size."""
        settings = self._settings
        return not self._waiting or (
            len(self._waiting) < settings.max_messages and self._size + size <= settings.max_size
        )

    def _next(self) -> Message:
        """Take the oldest message out."""
        message = self._waiting.popleft()
        self._size -= len(message.payload)
        return message
