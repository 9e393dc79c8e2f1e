"""A peer that speaks just enough MQTT 5 to say what no well-behaved broker says: refusals, oddities, nonsense.

In: its answers. Out: a listening port, and every packet that it was sent.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from tests.system.listening import listening

CONNECT, SUBSCRIBE, DISCONNECT = 0x10, 0x82, 0xE0


def packet(kind: int, body: bytes) -> bytes:
    """Return an MQTT packet of less than 128 bytes."""
    return bytes([kind, len(body)]) + body


ACCEPTED = packet(0x20, b"\x00\x00\x00")
"""CONNACK: no session, success, no properties."""


@dataclass
class ScriptedBroker:
    """Answers the packets of one client after the other."""

    answer_to_connect: bytes = ACCEPTED
    reason_codes: list[int] = field(default_factory=lambda: [0x01])
    """SUBACK reason codes, one a SUBSCRIBE; the last one again and again."""
    after_suback: bytes = b""
    """Sent whenever it has subscribed somebody."""
    silent_after: int | None = None
    """After so many of those it sends no more of them."""
    received: list[tuple[int, bytes]] = field(default_factory=list)
    """Type and body of every packet so far."""
    url: str = ""

    @contextmanager
    def running(self) -> Iterator["ScriptedBroker"]:
        """Listen until the end of the block."""
        with listening(self._accept) as port:
            self.url = f"mqtt://127.0.0.1:{port}"
            yield self

    def _accept(self, listener: socket.socket) -> None:
        """Serve clients one by one until the listener is shut."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, client.makefile("rb") as stream, suppress(OSError):
                self._serve(client, stream)

    def _serve(self, client: socket.socket, stream: BinaryIO) -> None:
        """Answer one client until it goes away."""
        while header := stream.read(2):
            body = stream.read(header[1])  # our clients' packets are shorter than 128 bytes here
            self.received.append((header[0], body))
            if header[0] == CONNECT:
                client.sendall(self.answer_to_connect)
            elif header[0] == SUBSCRIBE:
                code = self.reason_codes.pop(0) if len(self.reason_codes) > 1 else self.reason_codes[0]
                client.sendall(packet(0x90, body[:2] + b"\x00" + bytes([code])) + self._further())
            elif header[0] == DISCONNECT:
                return

    def _further(self) -> bytes:
        """Return what is sent behind an answer to a subscription."""
        subscribed = sum(kind == SUBSCRIBE for kind, _ in self.received)
        return self.after_suback if self.silent_after is None or subscribed <= self.silent_after else b""
