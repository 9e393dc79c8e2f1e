"""Server URLs, TLS, and MQTT clients made to the settings.

In: `MqttSettings`, one server and the password. Out: a paho client, not connected yet; and the call that connects it.
"""

import socket
import ssl
from typing import Literal, NamedTuple, Self
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from detector.edge.mqtt.quick_client import QuickClient
from detector.errors import LinkError
from detector.settings import MqttSettings
from detector.settings.mqtt import TlsSettings


class Scheme(NamedTuple):
    """What the first part of a server URL stands for."""

    port: int
    transport: Literal["tcp", "websockets"]
    tls: bool


SCHEMES = {
    "mqtt": Scheme(1883, "tcp", tls=False),
    "mqtts": Scheme(8883, "tcp", tls=True),
    "ws": Scheme(80, "websockets", tls=False),
    "wss": Scheme(443, "websockets", tls=True),
}


class Server(NamedTuple):
    """One broker, as its URL names it."""

    url: str
    host: str
    port: int
    path: str
    """For websockets; `/mqtt` where the URL has none."""
    scheme: Scheme

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL such as `mqtts://broker.example:8883`; the port may be left out."""
        parts = urlsplit(url)
        scheme = SCHEMES[parts.scheme]
        return cls(url, parts.hostname or "localhost", parts.port or scheme.port, parts.path or "/mqtt", scheme)


class TidySocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho would leave it open until it is collected."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands or close."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """Return what verifies the broker, and us if a client certificate is set.

    Raises: LinkError when a file can't be read or isn't what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except OSError as fault:
        files = ", ".join(str(file) for file in (settings.ca_file, settings.cert_file, settings.key_file) if file)
        raise LinkError(f"mqtt.tls: expected readable PEM files that belong together, got {files}: {fault}") from fault
    context.sslsocket_class = TidySocket
    if settings.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def build_client(settings: MqttSettings, server: Server, password: str | None, tls: ssl.SSLContext | None) -> Client:
    """Return a client for one connection to one server; messages are acknowledged by hand."""
    newest = settings.protocol == "5"
    kind = QuickClient if server.scheme.transport == "tcp" else Client
    client = kind(
        CallbackAPIVersion.VERSION2,
        settings.client_id,
        clean_session=None if newest else not settings.persistent_session,
        protocol=MQTTv5 if newest else MQTTv311,
        transport=server.scheme.transport,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connect_timeout = settings.connect_timeout
    client.max_inflight_messages_set(0)  # the outbox keeps the window
    client.ws_set_options(server.path)
    if settings.username is not None:
        client.username_pw_set(settings.username, password)
    if server.scheme.tls:
        client.tls_set_context(tls or tls_context(settings.tls))
    return client


def open_connection(client: Client, server: Server, settings: MqttSettings) -> None:
    """Connect socket, TLS and websocket, each within the connect timeout; MQTT follows in the client's loop.

    Raises: OSError, or ValueError for a certificate that isn't the server's.
    """
    _connect(client, server, settings)
    plain = client.socket()
    if isinstance(plain, socket.socket):
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # an alert does not wait for company


def _connect(client: Client, server: Server, settings: MqttSettings) -> None:
    """Connect as the protocol wants it."""
    keepalive_s = max(1, round(settings.keepalive))
    if settings.protocol != "5":
        client.connect(server.host, server.port, keepalive_s)
        return
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.ReceiveMaximum = settings.receive_maximum
    properties.SessionExpiryInterval = round(settings.session_expiry) if settings.persistent_session else 0
    client.connect(
        server.host, server.port, keepalive_s, clean_start=not settings.persistent_session, properties=properties
    )
