"""One connection to one broker, from its first packet to its end; never opened again.

In: what the broker says. Out: messages, at once; everything else as fields, which the link looks at after each turn.
One thread, the link's, calls `turn`; any thread may call `acknowledge` and `send`.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, error_string
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from detector.edge.mqtt.packets import Publications, Publish
from detector.edge.mqtt.quick_client import QuickClient
from detector.edge.outbox import Publication

log = logging.getLogger("detector.mqtt")

TURN_S = 0.5
"""Longest wait for the network in one turn."""

WINDOW = 100
"""QoS 1 publications under way at once, if the broker doesn't ask for fewer."""

KEEPALIVE_TIMEOUT = 141
"""Reason code for a broker that fell silent; paho gives it, not the broker."""

TAKEN_OVER = 142

ADVICE = {
    132: "; if it speaks MQTT 3.1.1 only, set mqtt.protocol to '3.1.1'",
    133: "; see mqtt.client_id",
    134: "; see mqtt.username and mqtt.password_file",
    135: "; see mqtt.username and mqtt.password_file, and the broker's access rules",
    TAKEN_OVER: "; another client uses the same client_id: give each daemon an mqtt.client_id of its own",
}
"""What to do about a reason code, where a person has to do something."""


class Connection:
    """One MQTT connection and what is known of it."""

    def __init__(self, client: Client, number: int, receive: Callable[["Connection", Publications], None]) -> None:
        """Take over a client that isn't connected yet."""
        self.number = number
        self.accepted = False
        """The broker let us in."""
        self.session_present = False
        self.window = WINDOW
        self.granted: dict[str, bool] = {}
        """For each filter that the broker answered: whether it lets us have it."""
        self.confirmed: deque[tuple[int, ReasonCode]] = deque()
        """Answers to our publications that the link has not looked at yet."""
        self.ended_because: str | None = None
        self.taken_over = False
        """Another client came with our client_id."""
        self._client = client
        self._filters_asked: Sequence[str] = ()
        self._receive = receive
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        if isinstance(client, QuickClient):
            client.on_publications = self._on_publications
        # With this callback set, paho leaves writing to `loop`, that is, to one thread; without it every thread that
        # publishes would write to the socket itself, and two could tear each other's packets. `QuickClient` lets them take turns.
        client.on_socket_register_write = lambda *_: None

    def turn(self) -> bool:
        """Wait for the network a little and take in what it brings; return whether the connection still stands."""
        return self._went(self._client.loop(TURN_S))

    def turn_without_reading(self) -> bool:
        """Send what waits, and signs of life; return whether the connection still stands."""
        if self._client.want_write() and not self._went(self._client.loop_write()):
            return False
        return self._went(self._client.loop_misc())

    def _went(self, outcome: MQTTErrorCode) -> bool:
        """Take note of how a turn ended; return whether the connection still stands."""
        if outcome is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.end(error_string(outcome).rstrip("."))
        return self.ended_because is None

    def end(self, reason: str) -> None:
        """Note why the connection ended; the first reason given is the one that counts."""
        if self.ended_because is None:
            self.ended_because = reason

    def subscribe(self, filters: Sequence[str], qos: int) -> None:
        """Ask for the filters; the answers come in `granted`. Retained messages come with a new subscription only."""
        self._filters_asked = filters
        if not filters:
            return
        if self._client.protocol is MQTTProtocolVersion.MQTTv5:
            options = SubscribeOptions(qos=qos, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
            self._client.subscribe([(filter_, options) for filter_ in filters])
        else:
            self._client.subscribe([(filter_, qos) for filter_ in filters])

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Tell the broker that filters are no longer wanted; a persistent session would go on with them for ever."""
        if filters:
            self._client.unsubscribe(list(filters))

    @property
    def answered(self) -> bool:
        """Whether the broker has let us in and answered for every filter asked for; only then do we publish."""
        return self.accepted and all(filter_ in self.granted for filter_ in self._filters_asked)

    @property
    def refused(self) -> list[str]:
        """Filters that the broker doesn't let us have."""
        return [filter_ for filter_, granted in self.granted.items() if not granted]

    def acknowledge(self, owed: Iterable[tuple[int, int]]) -> None:
        """Tell the broker that we are done with messages of this connection: by packet identifier and quality of service."""
        by_level: dict[int, list[int]] = {0: [], 1: [], 2: []}
        for mid, qos in owed:
            by_level[qos].append(mid)
        if isinstance(self._client, QuickClient):
            self._client.acknowledge(by_level.pop(1))
        for qos in by_level.keys() & {1, 2}:
            for mid in by_level[qos]:
                self._client.ack(mid, qos)

    def send(self, publication: Publication) -> int:
        """Hand a publication to the network; return its packet identifier.

        Raises: ValueError when it can't be sent, ever: the topic has a wildcard in it or is too long.
        """
        topic, payload, qos, retain, _ = publication
        return self._client.publish(topic, payload, qos, retain).mid

    def close(self) -> None:
        """Say goodbye to the broker, so that it forgets the last will; the next turns carry it out."""
        self._client.disconnect()

    def drop(self) -> None:
        """Close the socket without a word, if it is still open; the broker then publishes the last will."""
        client, socket = self._client, self._client.socket()
        if isinstance(client, QuickClient):
            client.hang_up()
        elif socket is not None:
            socket.close()
        # The client frees its other sockets when it is freed itself: at once, if nothing of it refers back to it.
        client.on_connect = client.on_subscribe = client.on_publish = client.on_disconnect = client.on_message = None
        if isinstance(client, QuickClient):
            client.on_publications = None

    def _on_connect(
        self, _client: Client, _userdata: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        """Note whether the broker let us in."""
        if reason.is_failure:
            self.end(f"the broker refused the connection: {reason}{ADVICE.get(reason.value, '')}")
            return
        self.session_present = flags.session_present
        self.window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        self.accepted = True

    def _on_subscribe(
        self, _client: Client, _userdata: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        """Note which filters the broker lets us have."""
        for filter_, reason in zip(self._filters_asked, reasons, strict=False):
            self.granted[filter_] = not reason.is_failure
            if reason.is_failure:
                log.error("the broker refused the subscription to %r: %s; see its access rules", filter_, reason)

    def _on_publish(
        self, _client: Client, _userdata: object, mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        """Note the answer to a publication; paho holds a lock here, so nothing is done about it yet."""
        self.confirmed.append((mid, reason))

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        """Note the broker's reason, if it gave one, or its silence; of the rest `turn` knows as much."""
        if flags.is_disconnect_packet_from_server:
            self.taken_over = reason.value == TAKEN_OVER
            self.end(f"the broker ended the connection: {reason}{ADVICE.get(reason.value, '')}")
        elif reason.value == KEEPALIVE_TIMEOUT:
            self.end("the broker answered nothing for longer than the keepalive")

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        """Pass on a message that came by itself."""
        self._on_publications(
            Publications(
                [
                    Publish(
                        _topic(message), bytes(message.payload), message.qos, message.retain, message.dup, message.mid
                    )
                ]
            )
        )

    def _on_publications(self, publications: Publications) -> None:
        """Pass messages on; a fault of ours in that must not take the network down."""
        try:
            self._receive(self, publications)
        except Exception:
            log.exception(
                "%d messages were lost to a fault in the detector itself; please report it", len(publications)
            )


def _topic(message: MQTTMessage) -> str | None:
    """Return the topic, or None where it isn't UTF-8, which paho finds out on reading it."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return None
