"""A TCP proxy that misbehaves to order: swallows without closing, delays, cuts connections in the middle of a packet.

In: the port to pass on to, and what to do to each direction. Out: a port of its own. What it draws it draws from a seed.
"""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

from tests.system.listening import listening

CHUNK = 4096


class Way(Enum):
    """One direction."""

    UP = "from the client to the server"
    DOWN = "from the server to the client"


@dataclass
class Proxy:
    """Passes everything on until told otherwise; may be told from the test's thread at any moment."""

    target: int
    """Port on loopback."""
    seed: int = 0
    swallow: set[Way] = field(default_factory=set)
    """Directions in which bytes vanish while the connections stand: a half-open link."""
    delay_s: float = 0.0
    """Held back so long, each chunk of at most 4 kB."""
    cut_within: int = 0
    """Each new connection is cut after so many bytes of both ways together, drawn from the half of this to this; 0: none is."""
    connections: int = 0
    """So far."""
    cuts: int = 0
    """Connections that were cut in the middle, so far."""

    def __post_init__(self) -> None:
        """Draw from the seed; nothing listens yet."""
        self._draw = random.Random(self.seed)
        self._open: list[socket.socket] = []
        self._lock, self._changed = threading.Lock(), threading.Event()

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        """Listen until the end of the block."""
        try:
            with listening(self._accept) as self.port:
                yield self
        finally:
            self.cut()

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"mqtt://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """End every connection at once, without a word."""
        with self._lock:
            ends, self._open = self._open, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        """Pass on each client, two threads a connection, until the listener is shut."""
        threads: list[threading.Thread] = []
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                break
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            with self._lock:
                self.connections += 1
                self._open += [client, server]
            left = _Left(self._draw.randint(self.cut_within // 2, self.cut_within) if self.cut_within else None)
            for way, source, sink in ((Way.UP, client, server), (Way.DOWN, server, client)):
                threads.append(threading.Thread(target=self._pass_on, args=(way, source, sink, left)))
                threads[-1].start()
        self.cut()
        for thread in threads:
            thread.join()

    def _pass_on(self, way: Way, source: socket.socket, sink: socket.socket, left: "_Left") -> None:
        """Pass one direction on until either end is gone, or the connection has had its bytes."""
        with source, suppress(OSError):
            while chunk := source.recv(CHUNK):
                if self.delay_s:
                    self._changed.wait(self.delay_s)
                if way in self.swallow:
                    continue
                granted = left.take(len(chunk))
                sink.sendall(chunk[:granted])
                if granted < len(chunk):
                    self.cuts += 1
                    break
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class _Left:
    """Bytes that a connection may still pass, both ways together."""

    def __init__(self, most: int | None) -> None:
        """Start with all of them; None: no end."""
        self._left, self._lock = most, threading.Lock()

    def take(self, wanted: int) -> int:
        """Return how many of these may pass."""
        with self._lock:
            if self._left is None:
                return wanted
            granted = min(wanted, self._left)
            self._left -= granted
            return granted
