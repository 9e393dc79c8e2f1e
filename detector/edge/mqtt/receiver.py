"""What becomes of an MQTT message at the door: counted, put in the inbox, or given up.

In: messages from the network thread. Out: the inbox and the ledger; acknowledgements of what is given up here.
"""

import logging
import threading
from collections import deque
from dataclasses import dataclass

from detector.clock import MonoTime, SystemClock, WallTime
from detector.domain import MICROSECONDS, DropReason, RejectReason
from detector.edge.home_assistant import BORN
from detector.edge.inbox import Inbox
from detector.edge.ledger import Ledger
from detector.edge.mqtt.connection import Connection
from detector.edge.mqtt.door import Door
from detector.edge.mqtt.packets import Publications, Publish
from detector.edge.parcel import Parcel

log = logging.getLogger("detector.mqtt")

REMIND_S = 30.0
"""Shortest time between two log lines about a full inbox."""


@dataclass(slots=True)
class Traffic:
    """What the link counts for the metrics."""

    connections: int = 0
    last_message_at: WallTime | None = None
    takeovers: int = 0
    """Times that another client took our session."""
    renewals: int = 0
    """Times that the link was mended because nothing came over it."""


class Receiver:
    """Puts messages in the inbox, and keeps our own publications out of it; commands go through a door of their own."""

    def __init__(
        self, base_topic: str | None, door: Door | None, inbox: Inbox, ledger: Ledger, traffic: Traffic
    ) -> None:
        """Receive from the start; without a door no command is heard."""
        self._receiving, self._lock = True, threading.Lock()
        self._door = door
        self._base, self._inbox, self._ledger, self._traffic = base_topic, inbox, ledger, traffic
        self._below = f"{base_topic}/"
        self.birth_topic: str | None = None
        """Where somebody says `online` who wants to be told everything anew; such messages are no readings."""
        self.births = 0
        self._clock = SystemClock()
        self._remind_at = MonoTime(0.0)
        self._last_at = 0
        self._rest: deque[Parcel] = deque()

    def receive(self, connection: Connection, publications: Publications) -> None:
        """Count messages and put them in the inbox; acknowledge at once what nobody else will.

        During a shutdown messages are neither counted nor acknowledged, so that a persistent session keeps them.
        """
        with self._lock:
            if not self._receiving:
                return
            self._take_in(connection, publications)
        self.go_on(connection)

    def stop(self) -> None:
        """Take in nothing from now on; what `waits` then is all that is still on its way to the inbox."""
        with self._lock:
            self._receiving = False

    def _take_in(self, connection: Connection, publications: Publications) -> None:
        """Count messages and let them wait for the inbox."""
        topics = [topic for topic in publications.topics if topic is not None]
        if len(topics) < len(publications) or self._may_be_aside(topics):
            publications = self._without_others(connection, publications)
            topics = [topic for topic in publications.topics if topic is not None]
        if not topics:
            return
        wall = self._clock.wall()
        self._traffic.last_message_at = wall
        self._ledger.arrived(len(topics))
        heads, mids, arrived = publications.heads, publications.mids, self._moments(wall, len(topics))
        came = connection.number, connection.session_present
        self._rest.append(Parcel(topics, publications.payloads, heads, mids, arrived, came))

    @property
    def waits(self) -> int:
        """How many messages wait for room in the inbox; until they have it, nothing more should be read. For any thread."""
        return sum(map(len, tuple(self._rest)))

    def go_on(self, connection: Connection) -> None:
        """Put the messages that wait for room into the inbox, as far as there is; wait a little for it."""
        while self._rest:
            put = self._inbox.put(self._rest[0])
            for given_up in put.given_up:
                self._give_up(connection, given_up)
            if put.seen_to < len(self._rest[0]):
                self._rest[0] = self._rest[0][put.seen_to :]
                return
            self._rest.popleft()

    def _moments(self, wall: WallTime, count: int) -> range:
        """Return a moment for each of so many messages that came in one read, microseconds: no two are the same."""
        now = int(wall * MICROSECONDS)
        first = self._last_at + 1 if now <= self._last_at < now + MICROSECONDS else now
        self._last_at = first + count - 1
        return range(first, first + count)

    def _may_be_aside(self, topics: list[str]) -> bool:
        """Return whether any of many topics may be none of readings; no topic has the character that parts them (MQTT 5.0, 1.5.4)."""
        text = "\0".join(["", *topics, ""])
        ours = self._base is not None and f"\0{self._base}" in text
        return ours or (self.birth_topic is not None and f"\0{self.birth_topic}\0" in text)

    def _without_others(self, connection: Connection, publications: Publications) -> Publications:
        """Return the messages that are of readings; see to the others."""
        named = [one for one in publications if one.topic is not None]
        aside = [one for one in named if one.topic is not None and self._is_aside(one.topic)]
        self._hear_aside(connection, aside)
        self._refuse(connection, [one for one in publications if one.topic is None])
        return Publications(one for one in named if one.topic is not None and not self._is_aside(one.topic))

    def _refuse(self, connection: Connection, publications: list[Publish]) -> None:
        """Account for messages whose topic cannot be read."""
        if publications:
            self._traffic.last_message_at = self._clock.wall()
            self._ledger.arrived(len(publications))
        for _ in publications:
            self._ledger.decoded(0, [RejectReason.NOT_UTF8])
        connection.acknowledge((one.mid, one.qos) for one in publications)

    def _is_aside(self, topic: str) -> bool:
        """Return whether a topic is none of readings: under our own base, which we publish on, or where Home Assistant is born."""
        ours = self._base is not None and (topic == self._base or topic.startswith(self._below))
        return ours or topic == self.birth_topic

    def _hear_aside(self, connection: Connection, publications: list[Publish]) -> None:
        """Take messages that are no readings."""
        for one in publications:
            if one.topic == self.birth_topic:
                self.births += one.payload == BORN
            elif one.topic is not None and self._door is not None:
                self._door.hear(one.topic, one.payload, retained=one.retain)
        connection.acknowledge((one.mid, one.qos) for one in publications)

    def _give_up(self, connection: Connection, parcel: Parcel) -> None:
        """Count messages that found no room; unless we are closing, acknowledge them, lest the broker wait for that."""
        if self._inbox.closed:
            self._ledger.dropped(DropReason.SHUTDOWN, len(parcel))
            return
        self._ledger.dropped(DropReason.INBOX_FULL, len(parcel))
        if parcel.connection == connection.number:
            connection.acknowledge(parcel.owed)
        now = self._clock.mono()
        if now >= self._remind_at:
            self._remind_at = MonoTime(now + REMIND_S)
            log.warning("the inbox is full at %d messages; readings are being dropped", len(self._inbox))
