"""HTTP: `/metrics`, `/-/healthy`, `/-/ready`, `POST /-/reload`, `/alerts` and the page for people.

In: what each path answers, as functions. Out: a WSGI application, and a small server for it in threads of its own:
so many connections and no more, each under a deadline, so that no client can hold up the scoring.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIServer

from detector.edge import http_alerts
from detector.edge.http_alerts import Alerts
from detector.edge.http_answer import HTML, Answer
from detector.edge.http_exchange import Exchange
from detector.edge.visitors import Visitors, visitors_of
from detector.errors import DetectorError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MAX_CONNECTIONS: Final = 16
DEADLINE_S: Final = 30.0
"""Longest life of a connection, however busy the client keeps it."""

Headers = list[tuple[str, str]]
SAFETY: Final[Headers] = [
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
]
"""Of every answer. The page needs nothing but its own inline style; device names come from the network."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the paths answer; called from the server's threads."""

    metrics: "WSGIApplication"
    page: Callable[[], str]
    not_ready: Callable[[], str | None]
    """Why the daemon is not ready; None when it is."""
    trouble: Callable[[], str | None]
    """What is amiss though the daemon serves; None when nothing is."""
    hung: Callable[[], str | None]
    """Why only a restart will help; None when nothing hangs."""
    reload: Callable[[], str | None]
    """Reads the configuration again and waits for the outcome: what is wrong with it, or None."""
    alerts: Alerts


def application(site: Site, visitors: Visitors) -> "WSGIApplication":
    """Return the WSGI application for a site, at an address that such visitors come to."""
    routes: dict[str, tuple[str, Callable[[], Answer]]] = {
        "/": ("GET", lambda: Answer(HTTPStatus.OK, site.page(), HTML)),
        "/-/healthy": ("GET", lambda: _health(site)),
        "/-/ready": ("GET", lambda: _readiness(site)),
        "/-/reload": ("POST", lambda: _reload(site)),
        "/metrics": ("GET", lambda: Answer(HTTPStatus.OK, "")),
    }

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        asked = "GET" if method == "HEAD" else method
        more: Headers = []
        refusal = visitors.refusal(environ)
        if refusal is not None:
            said = Answer(HTTPStatus.FORBIDDEN, f"refused: {refusal}\n")
        elif http_alerts.is_below(path):
            said = http_alerts.answer(site.alerts, asked, path)
            more = [("Allow", said.allow)] if said.allow else []
        elif path not in routes:
            said = Answer(HTTPStatus.NOT_FOUND, f"no such path; there are {', '.join(routes)}, {http_alerts.ROOT}\n")
        elif asked != routes[path][0]:
            allowed = routes[path][0]
            said = Answer(HTTPStatus.METHOD_NOT_ALLOWED, f"expected {allowed}\n")
            more = [("Allow", "GET, HEAD" if allowed == "GET" else allowed)]
        elif path == "/metrics":
            body = site.metrics({**environ, "REQUEST_METHOD": "GET"}, _safely(start_response))
            return [] if method == "HEAD" else body
        else:
            said = routes[path][1]()
        return _send(said, more, environ, start_response)

    return answer


def _safely(start_response: "StartResponse") -> "StartResponse":
    """Return what starts a response with the headers of safety."""

    def start(status: str, headers: Headers, *fault: Any) -> Callable[[bytes], object]:
        return start_response(status, [*headers, *SAFETY], *fault)

    return start


def _send(
    answer: Answer, more: Headers, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    """Start the response; return its body, which a HEAD request does not get."""
    body = answer.text.encode("utf-8", "backslashreplace")
    headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(body))), *SAFETY, *more]
    start_response(f"{answer.status.value} {answer.status.phrase}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _health(site: Site) -> Answer:
    """Answer whether the daemon lives; who looks after it restarts one that does not."""
    reason = site.hung()
    if reason is None:
        return Answer(HTTPStatus.OK, "detector is healthy\n")
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE, f"not healthy: {reason}\n")


def _readiness(site: Site) -> Answer:
    """Answer whether the daemon is ready, and why not."""
    reason = site.not_ready()
    if reason is None:
        trouble = site.trouble()
        return Answer(HTTPStatus.OK, "detector is ready\n" + (f"{trouble}\n" if trouble else ""))
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE, f"not ready: {reason}\n")


def _reload(site: Site) -> Answer:
    """Reload the configuration; answer what is wrong with it where it was refused."""
    faults = site.reload()
    if faults is None:
        return Answer(HTTPStatus.OK, "reloaded\n")
    return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"{faults}\nthe configuration from before goes on\n")


class _Server(ThreadingMixIn, WSGIServer):
    """Bounds how many connections there are and how long each may last."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128  # connections that may wait to be accepted, and then be refused at once

    def __init__(self, host: str, port: int) -> None:
        """Listen on `host:port`; port 0 takes a free one."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._opened: dict[socket.socket, float] = {}
        super().__init__((host, port), Exchange)

    def server_bind(self) -> None:
        """Bind without the library's look-up of our own name, which may ask a DNS server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Refuse a connection beyond the limit; the caller closes it."""
        if len(self._opened) >= MAX_CONNECTIONS:
            return False
        self._opened[request] = time.monotonic()
        return True

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        self._opened.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Cut connections that are past their deadline; called twice a second by the serving thread."""
        for connection, opened in list(self._opened.items()):
            if time.monotonic() - opened > DEADLINE_S:
                self._opened.pop(connection, None)
                _cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away in the middle."""


def _cut(connection: socket.socket) -> None:
    """End a connection from another thread; its own thread then sees the end and closes it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already gone


class HttpServer:
    """The server and its accepting thread."""

    def __init__(self, listen: str, site: Site) -> None:
        """Take the address `host:port`; nothing is answered before `start`.

        Raises: DetectorError when the address cannot be had.
        """
        host, _, port = listen.rpartition(":")
        try:
            self._server = _Server(host.strip("[]"), int(port))
        except (OSError, OverflowError) as fault:
            raise DetectorError(
                f"metrics.listen: expected an address of this machine with a free port, got {listen} ({fault});"
                " choose another, or stop what uses it"
            ) from fault
        visitors = visitors_of(host.strip("[]"), str(self._server.server_address[0]))
        self._server.set_app(application(site, visitors))
        self._thread = threading.Thread(target=self._server.serve_forever, name="http", daemon=True)

    def start(self) -> None:
        """Answer from now on; who connected before has waited."""
        self._thread.start()

    @property
    def address(self) -> str:
        """Return the `host:port` that is listened on."""
        host, port = self._server.server_name, self._server.server_port
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def alive(self) -> bool:
        """Return whether connections are still accepted."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Accept no more and free the port."""
        self._server.shutdown()
        self._server.server_close()
