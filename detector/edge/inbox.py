"""The one queue between the link and the engine: bounded in messages and bytes, thread-safe, with a stated overflow policy.

In: MQTT messages from the network thread. Out: batches of whatever waits, to the thread that steps the engine.
"""

import threading
from collections import deque
from itertools import accumulate
from typing import NamedTuple

from detector.edge.parcel import Parcel
from detector.settings import InboxSettings
from detector.settings.mqtt import Overflow


class Put(NamedTuple):
    """What became of messages that were put."""

    seen_to: int
    """How many of them, from the first, are not to be put again."""
    given_up: list[Parcel]
    """Those that found no room, or made room, in order: the caller counts and acknowledges them."""


PATIENCE_S = 5.0
"""Longest that a full inbox holds the link up: well within any keepalive."""


class Inbox:
    """Holds at most `max_messages` of together `max_size` bytes; beyond that `put` waits or gives messages up."""

    def __init__(self, settings: InboxSettings, patience_s: float = PATIENCE_S) -> None:
        """Start empty and open; with `overflow: wait`, a put waits at most `patience_s` for room."""
        self._patience_s = patience_s
        self._settings = settings
        self._waiting: deque[Parcel] = deque()
        self._count = self._size = 0
        self._changed = threading.Condition()
        self._closed = self._nudged = False

    def __len__(self) -> int:
        """Return how many messages wait."""
        return self._count

    @property
    def closed(self) -> bool:
        """Whether further messages are given up at once."""
        return self._closed

    def put(self, parcel: Parcel) -> Put:
        """Add messages in order, at least one, as far as there is room.

        With `overflow: wait` a full inbox holds the caller up, and so the broker, until the scoring loop takes some: what finds
        no room is to be put again, but for one message if none was taken for so long. Otherwise all are seen to.
        """
        with self._changed:
            if self._settings.overflow is Overflow.WAIT and not self._has_room_for(parcel):
                self._changed.wait_for(lambda: self._closed or self._room_for(parcel), self._patience_s)
            if self._closed:
                return Put(len(parcel), [parcel])
            if self._settings.overflow is Overflow.DROP_OLDEST:
                self._add(parcel)
                return Put(len(parcel), self._make_room())
            taken = len(parcel) if self._has_room_for(parcel) else self._room_for(parcel)
            if taken:
                self._add(parcel if taken == len(parcel) else parcel[:taken])
            if taken == len(parcel):
                return Put(taken, [])
            if self._settings.overflow is Overflow.WAIT:
                return Put(taken, []) if taken else Put(1, [parcel[:1]])
            return Put(len(parcel), [parcel[taken:]])

    def gather(self, enough: int, timeout_s: float) -> None:
        """Wait until so many messages wait, or as many as there is room for, or there is something else to look after; at most `timeout_s`."""
        enough = min(enough, self._settings.max_messages)
        with self._changed:
            self._changed.wait_for(lambda: self._count >= enough or self._closed or self._nudged, timeout_s)

    def take(self, limit: int, timeout_s: float) -> list[Parcel]:
        """Return all that waits, oldest first, up to `limit` messages; wait at most `timeout_s` for the first.

        An empty list means that nothing came in time, that there is something else to look after, or that the inbox is closed
        and drained.
        """
        with self._changed:
            if not self._waiting:
                self._changed.wait_for(lambda: self._waiting or self._closed or self._nudged, timeout_s)
            self._nudged = False
            taken = self._take(limit)
            self._changed.notify_all()  # to a put that waits for room
            return taken

    def nudge(self) -> None:
        """Let whoever waits for messages look after something else."""
        with self._changed:
            self._nudged = True
            self._changed.notify_all()

    def close(self) -> None:
        """Give up whatever is put from now on, and wake all takers; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _add(self, parcel: Parcel) -> None:
        """Let messages wait."""
        self._waiting.append(parcel)
        self._count += len(parcel)
        self._size += parcel.size
        self._changed.notify()

    def _has_room_for(self, parcel: Parcel) -> bool:
        """Tell whether all of these messages may wait beside the others."""
        settings = self._settings
        return self._count + len(parcel) <= settings.max_messages and self._size + parcel.size <= settings.max_size

    def _room_for(self, parcel: Parcel) -> int:
        """Return how many of these messages may wait, from the first; one alone always may, whatever its size."""
        room, most = self._settings.max_size - self._size, self._settings.max_messages - self._count
        sizes = accumulate(map(len, parcel.payloads[: max(0, most)]))
        return max(sum(size <= room for size in sizes), int(self._count == 0))

    def _make_room(self) -> list[Parcel]:
        """Give the oldest messages up until the others have room; the newest always has."""
        given_up = []
        while beyond := self._beyond():
            given_up += self._take(beyond)
        return given_up

    def _beyond(self) -> int:
        """Return how many messages of the oldest parcel have to go for want of room."""
        too_many, too_large = self._count - self._settings.max_messages, self._size - self._settings.max_size
        if self._count == 1 or max(too_many, too_large) <= 0:
            return 0
        sizes = accumulate(map(len, self._waiting[0].payloads))
        for_size = 1 + sum(size < too_large for size in sizes) if too_large > 0 else 0
        return min(max(too_many, for_size), len(self._waiting[0]), self._count - 1)

    def _take(self, limit: int) -> list[Parcel]:
        """Take the oldest messages out, at most so many."""
        taken = []
        while self._waiting and limit > 0:
            parcel = self._waiting.popleft()
            if len(parcel) > limit:
                self._waiting.appendleft(parcel[limit:])
                parcel = parcel[:limit]
            limit -= len(parcel)
            self._count -= len(parcel)
            self._size -= parcel.size
            taken.append(parcel)
        return taken
