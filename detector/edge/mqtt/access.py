"""What it takes to be let in: TLS files and the password, read anew for every connection, because both expire.

In: settings, and how to read the password. Out: paho clients, not connected yet.
"""

import ssl
from collections.abc import Callable

from paho.mqtt.client import Client

from detector.edge.mqtt.server import Server, build_client, tls_context
from detector.settings import MqttSettings

ReadPassword = Callable[[], str | None]
"""Returns the password of the moment; None where there is none. Raises ConfigError where it cannot be read."""


def no_password() -> str | None:
    """Return that there is none."""
    return None


class Access:
    """Makes clients for the servers of the settings."""

    def __init__(self, settings: MqttSettings, read_password: ReadPassword) -> None:
        """Read everything once, so that what is wrong from the start is told at the start.

        Raises: LinkError when a TLS file can't be used; ConfigError when the password can't be read.
        """
        self.servers = [Server.parse(url) for url in settings.servers]
        self._settings, self._read_password = settings, read_password
        self._tls()
        self._read_password()

    def client(self, server: Server) -> Client:
        """Return a client for one connection to a server, with what gives access now.

        Raises: LinkError or ConfigError, as at the start.
        """
        return build_client(self._settings, server, self._read_password(), self._tls())

    def _tls(self) -> ssl.SSLContext | None:
        """Return the TLS context, if any server needs one."""
        return tls_context(self._settings.tls) if any(server.scheme.tls for server in self.servers) else None
