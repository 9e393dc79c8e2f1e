"""What becomes of an MQTT message at the door: counted, put in the inbox, or given up.

In: messages from the network thread. Out: the inbox and the ledger; acknowledgements of what is given up here.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from detector.clock import MonoTime, SystemClock, WallTime
from detector.domain import MICROSECONDS, DropReason, EventTime, RejectReason
from detector.edge.home_assistant import BORN
from detector.edge.inbox import Inbox, Message
from detector.edge.ledger import Ledger
from detector.edge.mqtt.connection import Connection
from detector.edge.mqtt.door import Door
from detector.edge.mqtt.packets import Publish

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
        self._rest: list[Message] = []

    def receive(self, connection: Connection, publications: Sequence[Publish]) -> None:
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

    def _take_in(self, connection: Connection, publications: Sequence[Publish]) -> None:
        """Count messages and let them wait for the inbox."""
        others = [one for one in publications if one.topic is None or not self._is_aside(one.topic)]
        if len(others) < len(publications):
            self._hear_aside(connection, [one for one in publications if one.topic and self._is_aside(one.topic)])
        if not others:
            return
        wall = self._clock.wall()
        self._traffic.last_message_at = wall
        self._ledger.arrived(len(others))
        arrived, number, resumed = self._moments(wall, len(others)), connection.number, connection.session_present
        messages = [
            Message(topic, payload, EventTime(at), qos, retain, duplicate, mid, number, resumed)
            for at, (topic, payload, qos, retain, duplicate, mid) in zip(arrived, others, strict=True)
            if topic is not None
        ]
        if len(messages) < len(others):
            self._refuse(connection, [one for one in others if one.topic is None])
        self._rest += messages

    @property
    def waits(self) -> int:
        """How many messages wait for room in the inbox; until they have it, nothing more should be read. For any thread."""
        return len(self._rest)

    def go_on(self, connection: Connection) -> None:
        """Put the messages that wait for room into the inbox, as far as there is; wait a little for it."""
        if self._rest:
            put = self._inbox.put(self._rest)
            del self._rest[: put.seen_to]
            for given_up in put.given_up:
                self._give_up(connection, given_up)

    def _moments(self, wall: WallTime, count: int) -> range:
        """Return a moment for each of so many messages that came in one read, microseconds: no two are the same."""
        now = int(wall * MICROSECONDS)
        first = self._last_at + 1 if now <= self._last_at < now + MICROSECONDS else now
        self._last_at = first + count - 1
        return range(first, first + count)

    def _refuse(self, connection: Connection, publications: Sequence[Publish]) -> None:
        """Account for messages whose topic cannot be read."""
        for _ in publications:
            self._ledger.decoded(0, [RejectReason.NOT_UTF8])
        connection.acknowledge(publications)

    def _is_aside(self, topic: str) -> bool:
        """Return whether a topic is none of readings: under our own base, which we publish on, or where Home Assistant is born."""
        ours = self._base is not None and (topic == self._base or topic.startswith(self._below))
        return ours or topic == self.birth_topic

    def _hear_aside(self, connection: Connection, publications: Sequence[Publish]) -> None:
        """Take messages that are no readings."""
        for one in publications:
            if one.topic == self.birth_topic:
                self.births += one.payload == BORN
            elif one.topic is not None and self._door is not None:
                self._door.hear(one.topic, one.payload, retained=one.retain)
        connection.acknowledge(publications)

    def _give_up(self, connection: Connection, message: Message) -> None:
        """Count a message that found no room; unless we are closing, acknowledge it, lest the broker wait for it."""
        if self._inbox.closed:
            self._ledger.dropped(DropReason.SHUTDOWN)
            return
        self._ledger.dropped(DropReason.INBOX_FULL)
        connection.acknowledge(one for one in (message,) if one.connection == connection.number)
        now = self._clock.mono()
        if now >= self._remind_at:
            self._remind_at = MonoTime(now + REMIND_S)
            log.warning("the inbox is full at %d messages; readings are being dropped", len(self._inbox))
