"""An HTTP server on loopback that receives what sinks post, and answers, well or badly, as a test tells it to.

In: how to answer the next requests. Out: what came. It is gone at the end of the block, however many connections it left hanging.
"""

import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.system.patience import wait_for_count

Manner = Callable[["_Request"], None]
"""A way to answer a request."""


@dataclass(frozen=True)
class Came:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    """Monotonic time, in seconds."""

    @property
    def said(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


def answer(status: int, text: str = "", **headers: str) -> Manner:
    """Answer with a status; in names of headers `_` stands for `-`."""

    def manner(request: "_Request") -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(text.encode())

    return manner


def hang(request: "_Request") -> None:
    """Say nothing until the test is over."""
    request.receiver.over.wait()


def trickle(request: "_Request") -> None:
    """Say a byte of a header now and then, and never come to an end."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not request.receiver.over.wait(0.02):
        request.wfile.write(b"x")


def cut(request: "_Request") -> None:
    """Break off within the first line of the answer."""
    request.wfile.write(b"HTTP/1.1 2")


def flood(status: int) -> Manner:
    """Answer with a body that has no end."""

    def manner(request: "_Request") -> None:
        request.send_response(status)
        request.end_headers()
        while not request.receiver.over.is_set():
            request.wfile.write(bytes(65536))

    return manner


class _Request(BaseHTTPRequestHandler):
    """One request; the server's thread for it runs this."""

    receiver: "Receiver"

    def do_POST(self) -> None:
        """Note the request, and answer it in the next manner."""
        length = int(self.headers.get("Content-Length", "0"))
        manner = self.receiver.note(Came(self.path, dict(self.headers), self.rfile.read(length), time.monotonic()))
        with suppress(OSError):  # whoever posted may have gone
            manner(self)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


class _Server(ThreadingHTTPServer):
    """Threads are waited for at the end; what they meet on broken connections is no fault of the test."""

    daemon_threads = False
    block_on_close = True

    def handle_error(self, *_: object) -> None:
        """Be quiet."""


class Receiver:
    """One server."""

    def __init__(self, certificates: Path | None = None, port: int = 0) -> None:
        """Take this port, or a free one; `certificates` is a folder with `server.crt` and `server.key`."""
        self.over = threading.Event()
        self._came: list[Came] = []
        self._manners = deque[Manner]()
        self._always: Manner = answer(200)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), type("Request", (_Request,), {"receiver": self}))
        self.scheme = "http"
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of everybody, and end."""
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def then(self, *manners: Manner) -> Self:
        """Answer the next requests in these manners, and those after them well."""
        with self._lock:
            self._manners.extend(manners)
        return self

    def always(self, manner: Manner) -> Self:
        """Answer in this manner where nothing else was said."""
        self._always = manner
        return self

    def note(self, came: Came) -> Manner:
        """Take a request; return how to answer it."""
        with self._lock:
            self._came.append(came)
            return self._manners.popleft() if self._manners else self._always

    @property
    def came(self) -> Sequence[Came]:
        """What came so far."""
        with self._lock:
            return tuple(self._came)

    def until(self, count: int) -> Sequence[Came]:
        """Wait until so many requests came, and return them."""
        wait_for_count(lambda: len(self.came), count, "requests")
        return self.came
