"""Those who take part in a system test: the link under test with its inbox and ledger, and a plain client beside it."""

import queue
from collections.abc import Callable, Sequence
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from detector.edge.inbox import Inbox
from detector.edge.ledger import Ledger
from detector.edge.mqtt import MqttLink
from detector.edge.parcel import Message
from detector.settings import MqttSettings
from tests.parcels import parcel_of
from tests.system.patience import PATIENCE_S, wait_for_count, wait_until


class Station:
    """A link with its inbox and its ledger, as the daemon has them."""

    def __init__(
        self,
        *servers: str,
        filters: Sequence[str] = ("plant/#",),
        base: str | None = "detector",
        password: str | None = None,
        read_password: Callable[[], str | None] | None = None,
        **settings: Any,
    ) -> None:
        """Prepare a link with short pauses between tries."""
        pauses = {"reconnect_min": 0.05, "reconnect_max": 0.5}
        self.settings = MqttSettings(servers=list(servers), **{**pauses, **settings})
        self.inbox, self.ledger = Inbox(self.settings.inbox), Ledger()
        self.link = MqttLink(self.settings, filters, base, self.inbox, self.ledger, read_password or (lambda: password))

    def __enter__(self) -> Self:
        """Start the link."""
        self.link.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the link."""
        self.link.stop(5.0)

    def wait_subscribed(self) -> None:
        """Wait until readings would come in."""
        assert self.link.subscribed.wait(PATIENCE_S), f"never subscribed: {self.link.ended_because}"

    def take(self, number: int) -> list[Message]:
        """Wait for this many messages, acknowledging nothing."""
        taken: list[Message] = []

        def count() -> int:
            taken.extend(message for parcel in self.inbox.take(number - len(taken), 0.1) for message in parcel)
            return len(taken)

        wait_for_count(count, number, "messages taken")
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that it need not send messages again."""
        self.link.acknowledge(parcel_of([message]) for message in messages)


class Witness:
    """A plain client that publishes, and keeps what it hears."""

    def __init__(self, port: int, *filters: str, username: str | None = None, password: str | None = None) -> None:
        """Connect and subscribe, and wait for both."""
        self._heard: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
        self._subscribed = not filters
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.username_pw_set(username, password)
        self._client.on_message = lambda _client, _userdata, message: self._heard.put(message)
        self._client.on_subscribe = self._note_subscribed
        self._client.connect("127.0.0.1", port, properties=Properties(PacketTypes.CONNECT))  # type: ignore[no-untyped-call]
        self._client.loop_start()
        wait_until(self._client.is_connected, "the witness to connect")
        if filters:
            self._client.subscribe([(filter_, 1) for filter_ in filters])
        wait_until(lambda: self._subscribed, "the witness to be subscribed")

    def __enter__(self) -> Self:
        """Return the connected client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_message = self._client.on_subscribe = None  # no cycle: its sockets are freed with it, at once

    def publish(self, topic: str, *payloads: str | bytes, retain: bool = False) -> None:
        """Publish with QoS 1 and wait until the broker has everything."""
        for sent in [self._client.publish(topic, payload, 1, retain) for payload in payloads]:
            sent.wait_for_publish(PATIENCE_S)

    def send(self, topic: str, payload: bytes) -> None:
        """Publish with QoS 0, and wait for nobody."""
        self._client.publish(topic, payload)

    def hear(self) -> tuple[str, str, bool]:
        """Wait for the next message: its topic, its payload, and whether it was retained."""
        message = self._heard.get(timeout=PATIENCE_S)
        return message.topic, message.payload.decode(), message.retain

    def _note_subscribed(self, *_: object) -> None:
        """Note the broker's answer."""
        self._subscribed = True
