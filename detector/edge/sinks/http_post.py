"""Posts JSON over HTTP, once: what became of it is told, also where nobody can know.

In: an address, a body. Out: a `Reply`. The standard library's client is enough: one request a connection, certificates verified,
no redirect followed (a POST that is sent elsewhere is no longer the operator's), nothing read of an answer but its beginning. An
answer that trickles is cut off at the deadline: a timer shuts the socket under whoever reads it.
"""

import base64
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, InvalidURL
from socket import SHUT_RDWR, socket
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from detector import __version__
from detector.edge.sinks.keyring import Keyring
from detector.errors import ConfigError
from detector.settings.transports import HttpAccess

CONNECT_S: Final = 5.0
"""Longest wait for a connection, where `timeout` is no shorter."""

SHOWN: Final = 200
"""Characters of an answer that a fault repeats; no more of it is read."""

HOPELESS: Final = frozenset({400, 406, 411, 413, 414, 415, 422, 431})
"""Statuses that concern what was sent. Others (401, 403, 404 ...) concern the way, which somebody may mend."""

LONGEST_REST_S: Final = 600.0
"""Whoever asks to be left alone for longer is asked again after this."""


class Reply(NamedTuple):
    """What a request came to."""

    fault: str | None = None
    """Why it was not taken, without any secret; None when it was."""
    hopeless: bool = False
    """What was sent would not be taken a second time either."""
    rest_s: float = 0.0
    """For how long the server asks to be left alone."""


class _Secure(HTTPSConnection):
    """A connection whose socket can be shut from the first byte of the handshake on."""

    def __init__(self, host: str, port: int | None, timeout: float, context: ssl.SSLContext) -> None:
        """Remember the context, which the library keeps to itself."""
        super().__init__(host, port, timeout=timeout, context=context)
        self._trusting = context

    def connect(self) -> None:
        """Connect, and shake hands once the socket is in its place."""
        HTTPConnection.connect(self)
        self.sock = self._trusting.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()


class Poster:
    """Posts to one address; for one thread, but `abort` may be called by any."""

    def __init__(self, address: Callable[[], str], access: HttpAccess, keyring: Keyring) -> None:
        """Read what proves who we are, and whom to trust, so that what is missing is told now.

        Raises: ConfigError.
        """
        self._address, self._access, self._keyring = address, access, keyring
        self._connection: HTTPConnection | None = None
        self._cut = False
        self._trusted = self._trust()
        self._proof()
        address()

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a body to a path below the address, and wait for the answer as long as allowed."""
        try:
            url, proof = urlsplit(self._address()), self._proof()
        except ConfigError as fault:
            return Reply(str(fault))
        where = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
        said = {
            "Content-Type": "application/json",
            "User-Agent": f"detector/{__version__}",
            "Connection": "close",
            **proof,
            **(headers or {}),
        }
        connection = self._connection = self._connect_to(url)
        self._cut = False
        timer = threading.Timer(self._access.timeout, self._shut, [connection])
        timer.daemon = True
        timer.start()
        try:
            connection.connect()
            connection.sock.settimeout(self._access.timeout)
            connection.request("POST", _target(url, path), body, said)
            response = connection.getresponse()
            if self._cut:  # the library takes half a header for a whole one
                raise TimeoutError
            return _reply(response, where)
        except (OSError, HTTPException, ValueError) as fault:
            return Reply(f"{where}: {self._why(fault)}")
        finally:
            timer.cancel()
            self._connection = None
            connection.close()

    def abort(self) -> None:
        """End the waiting for a connection that stands; one that is not made yet ends by itself within seconds."""
        if self._connection is not None:
            self._shut(self._connection)

    def _shut(self, connection: HTTPConnection) -> None:
        """Shut the socket under whoever waits at it."""
        self._cut = connection is self._connection
        if connection.sock is not None:
            with suppress(OSError):
                socket.shutdown(connection.sock, SHUT_RDWR)

    def _connect_to(self, url: SplitResult) -> HTTPConnection:
        """Return a connection that is not made yet."""
        wait_s = min(CONNECT_S, self._access.timeout)
        if url.scheme == "https":
            return _Secure(url.hostname or "", url.port, wait_s, self._trusted)
        return HTTPConnection(url.hostname or "", url.port, timeout=wait_s)

    def _why(self, fault: Exception) -> str:
        """Return in words why there was no answer; whether the request was taken, nobody knows."""
        if self._cut or isinstance(fault, TimeoutError):
            return f"no answer within {self._access.timeout:g} s"
        if isinstance(fault, ssl.SSLCertVerificationError):
            return f"its certificate cannot be trusted: {fault.verify_message}; name its authority in ca_file"
        if isinstance(fault, (ValueError, InvalidURL)):  # whose text would repeat it
            return "its address, or what proves who we are, holds characters that cannot be sent"
        return f"no answer: {str(fault) or type(fault).__name__}"

    def _trust(self) -> ssl.SSLContext:
        """Return whom to trust.

        Raises: ConfigError.
        """
        path = self._access.ca_file
        found = None if path is None else self._keyring.find(path)
        try:
            return ssl.create_default_context(cafile=found)
        except (OSError, ssl.SSLError) as fault:
            raise ConfigError([f"ca_file: {found}: expected certificates in PEM, got: {fault}"]) from fault

    def _proof(self) -> dict[str, str]:
        """Return the header that shows who we are.

        Raises: ConfigError.
        """
        access = self._access
        if access.bearer_token_file is not None:
            return {"Authorization": f"Bearer {self._keyring.read(access.bearer_token_file)}"}
        if access.username is not None and access.password_file is not None:
            both = f"{access.username}:{self._keyring.read(access.password_file)}".encode()
            return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
        return {}


def _target(url: SplitResult, path: str) -> str:
    """Return what to ask for: a path below the address, and the address's own query."""
    whole = f"{url.path.rstrip('/') if path else url.path}{path}" or "/"
    return f"{whole}?{url.query}" if url.query else whole


def _reply(response: HTTPResponse, where: str) -> Reply:
    """Return what an answer means."""
    status = response.status
    if 200 <= status < 300:
        return Reply()
    fault = f"{where} answered {status} {response.reason}".rstrip()
    if 300 <= status < 400:
        return Reply(f"{fault}: redirects are not followed; give the address that it leads to")
    rest_s = _rest_s(response.headers.get("Retry-After"))
    try:
        said = " ".join(response.read(SHOWN).decode("utf-8", "replace").split())
    except (OSError, HTTPException):
        said = ""  # its status has said enough
    return Reply(f"{fault}: {said}" if said else fault, status in HOPELESS, rest_s)


def _rest_s(asked: str | None) -> float:
    """Return for how long to leave a server alone that asks for it, in seconds or until a date (RFC 9110, section 10.2.3)."""
    if asked is None:
        return 0.0
    if asked.strip().isdecimal():
        return min(float(asked), LONGEST_REST_S)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    now = datetime.now(UTC)
    return min(max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()), LONGEST_REST_S)
