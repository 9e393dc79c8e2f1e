"""The lab's own ends of an MQTT connection: one that publishes much, one that listens.

In: `MqttSettings`, as the daemon takes them. Out: messages on the broker; messages from it. Not the daemon's link: nothing
here survives a crash, and nothing needs to.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from detector.edge.mqtt.server import Server, tls_context
from detector.errors import LinkError
from detector.settings import MqttSettings

UNDER_WAY: Final = 1000
"""Messages the broker has not confirmed yet, at most; publishing waits beyond that."""

PATIENCE_S: Final = 30.0
"""How long a broker may take to confirm anything before it counts as gone."""


class LabLink:
    """One connection in a thread of its own, closed at the end of a `with`."""

    def __init__(self, settings: MqttSettings, client_id: str) -> None:
        """Prepare a client; nothing is sent yet."""
        self._settings = settings
        self._server = Server.parse(settings.servers[0])
        self._answer: ReasonCode | None = None
        self._answered = threading.Event()
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTv5 if settings.protocol == "5" else MQTTv311,
            transport=self._server.scheme.transport,
        )
        self.client.connect_timeout = settings.connect_timeout
        self.client.max_inflight_messages_set(UNDER_WAY)
        self.client.ws_set_options(self._server.path)
        if settings.username is not None:
            self.client.username_pw_set(settings.username, _password(settings.password_file))
        if self._server.scheme.tls:
            self.client.tls_set_context(tls_context(settings.tls))
        self.client.on_connect = self._on_connect

    def __enter__(self) -> Self:
        """Connect and wait until the broker lets us in.

        Raises: LinkError when it cannot be reached, refuses us, or stays silent.
        """
        try:
            self.client.connect(self._server.host, self._server.port)
        except (OSError, ValueError) as fault:
            raise LinkError(f"{self._server.url}: expected an MQTT broker, got: {fault}; see --server") from fault
        self.client.loop_start()
        if not self._answered.wait(self._settings.connect_timeout):
            self.__exit__(None, None, None)
            raise LinkError(f"{self._server.url}: expected an MQTT broker, got no answer; see --server and --protocol")
        if self._answer is not None and self._answer.is_failure:
            self.__exit__(None, None, None)
            raise LinkError(
                f"{self._server.url}: the broker refused us: {self._answer}; see --username, --password-file, --protocol"
            )
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Say goodbye and end the thread."""
        with suppress(OSError, ValueError):
            self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(
        self, _client: Client, _user: object, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        """Note the broker's answer."""
        self._answer = reason
        self._answered.set()


class Publisher(LabLink):
    """Publishes with a bound on what is under way, so that a slow broker slows it down."""

    def __init__(self, settings: MqttSettings, client_id: str) -> None:
        """Prepare to publish at the settings' quality of service."""
        super().__init__(settings, client_id)
        self._qos = settings.qos
        self._under_way = 0
        self._refused = 0
        self._confirmed = threading.Condition()
        self.client.on_publish = self._on_publish

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a message over; wait while too many are unconfirmed.

        Raises: LinkError when the broker confirms nothing for long.
        """
        with self._confirmed:
            # Waiting for half the room, not for one place, saves a change of threads for each message.
            if self._under_way >= UNDER_WAY and not self._wait_until(self._has_room):
                raise LinkError(
                    f"{self._server.url}: nothing confirmed for {PATIENCE_S:.0f} s; is the broker still up?"
                )
            self._under_way += 1
        self.client.publish(topic, payload, self._qos)

    def flush(self) -> None:
        """Wait until the broker has confirmed all.

        Raises: LinkError when it confirms nothing for long, or when it refused some.
        """
        with self._confirmed:
            if not self._wait_until(lambda: self._under_way == 0):
                raise LinkError(f"{self._server.url}: {self._under_way} messages were not confirmed; is the broker up?")
            if self._refused:
                raise LinkError(
                    f"{self._server.url}: the broker refused {self._refused} messages; see its access rules"
                )

    def _wait_until(self, done: Callable[[], bool]) -> bool:
        """Wait for as long as the broker confirms anything; return whether it is done."""
        before = self._under_way
        while not self._confirmed.wait_for(done, PATIENCE_S):
            if self._under_way == before:
                return False
            before = self._under_way
        return True

    def _on_publish(
        self, _client: Client, _user: object, _mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        """Make room for another."""
        with self._confirmed:
            self._under_way -= 1
            self._refused += reason.is_failure
            if self._has_room():
                self._confirmed.notify()

    def _has_room(self) -> bool:
        """Tell whether half of what may be under way is confirmed."""
        return self._under_way <= UNDER_WAY // 2


class Listener(LabLink):
    """Calls back with each message of some filters, from the link's thread."""

    def __init__(
        self, settings: MqttSettings, client_id: str, filters: Sequence[str], hear: Callable[[str, bytes], None]
    ) -> None:
        """Prepare to listen; the subscriptions are renewed at each connection."""
        super().__init__(settings, client_id)
        self._filters, self._hear = filters, hear
        self.client.on_message = self._on_message

    def _on_connect(
        self, client: Client, user: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        """Subscribe as soon as the broker lets us in."""
        if not reason.is_failure:
            client.subscribe([(filter_, 1) for filter_ in self._filters])
        super()._on_connect(client, user, flags, reason, properties)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        """Pass a message on."""
        self._hear(message.topic, bytes(message.payload))


def _password(file: Path | None) -> str | None:
    """Return the password that a file holds, without the line's end.

    Raises: LinkError when the file cannot be read.
    """
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise LinkError(f"--password-file: expected a file that holds the password, got: {fault}") from fault
