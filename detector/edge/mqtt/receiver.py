"""What becomes of an MQTT message at the door: counted, put in the inbox, or given up.

In: messages from the network thread. Out: the inbox and the ledger; acknowledgements of what is given up here.
"""

import logging
from dataclasses import dataclass

from paho.mqtt.client import MQTTMessage

from detector.clock import MonoTime, SystemClock, WallTime
from detector.domain import MICROSECONDS, DropReason, EventTime, RejectReason
from detector.edge.home_assistant import BORN
from detector.edge.inbox import Inbox, Message
from detector.edge.ledger import Ledger
from detector.edge.mqtt.connection import Connection

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
    """Puts messages in the inbox, and keeps our own publications out of it."""

    def __init__(self, base_topic: str | None, inbox: Inbox, ledger: Ledger, traffic: Traffic) -> None:
        """Receive from the start."""
        self.receiving = True
        self._base, self._inbox, self._ledger, self._traffic = base_topic, inbox, ledger, traffic
        self.birth_topic: str | None = None
        """Where somebody says `online` who wants to be told everything anew; such messages are no readings."""
        self.births = 0
        self._clock = SystemClock()
        self._remind_at = MonoTime(0.0)

    def receive(self, connection: Connection, message: MQTTMessage) -> None:
        """Count a message and put it in the inbox; acknowledge at once what nobody else will.

        During a shutdown messages are neither counted nor acknowledged, so that a persistent session keeps them.
        """
        if not self.receiving:
            return
        topic = _topic(message)
        if topic is not None and self._is_ours(topic):
            connection.acknowledge_packet(message.mid, message.qos)
            return
        if topic is not None and topic == self.birth_topic:
            self.births += bytes(message.payload) == BORN
            connection.acknowledge_packet(message.mid, message.qos)
            return
        wall = self._clock.wall()
        self._traffic.last_message_at = wall
        self._ledger.arrived()
        if topic is None:
            self._ledger.decoded(0, [RejectReason.NOT_UTF8])
            connection.acknowledge_packet(message.mid, message.qos)
            return
        for given_up in self._inbox.put(
            Message(
                topic,
                bytes(message.payload),
                EventTime(int(wall * MICROSECONDS)),
                message.qos,
                message.retain,
                message.dup,
                message.mid,
                connection.number,
                connection.session_present,
            )
        ):
            self._give_up(connection, given_up)

    def _is_ours(self, topic: str) -> bool:
        """Return whether a topic is under our own base, which we publish on and never read."""
        return self._base is not None and (topic == self._base or topic.startswith(f"{self._base}/"))

    def _give_up(self, connection: Connection, message: Message) -> None:
        """Count a message that found no room; unless we are closing, acknowledge it, lest the broker wait for it."""
        if self._inbox.closed:
            self._ledger.dropped(DropReason.SHUTDOWN)
            return
        self._ledger.dropped(DropReason.INBOX_FULL)
        connection.acknowledge(message)
        now = self._clock.mono()
        if now >= self._remind_at:
            self._remind_at = MonoTime(now + REMIND_S)
            log.warning("the inbox is full at %d messages; readings are being dropped", len(self._inbox))


def _topic(message: MQTTMessage) -> str | None:
    """Return the topic, or None where it isn't UTF-8, which paho finds out on reading it."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return None
