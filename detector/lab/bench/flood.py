"""One connection that is sent packets as fast as it takes them, or as fast as it is told to.

In: a connected socket, packets, a pace. Out: bytes on the socket, never more than it takes: TCP holds us back, and with QoS 1 the
acknowledgements do. What the other side says is answered in between.
"""

import socket
import time
from dataclasses import dataclass
from typing import Final

from detector.lab.bench.packets import Packets

CHUNK: Final = 512
"""Packets handed to the socket at once: few enough to answer the other side in time."""

LONGEST_WAIT_S: Final = 0.05


@dataclass(slots=True)
class Pace:
    """How many packets are due."""

    rate: float | None = 0.0
    """Packets a second; None: no limit."""
    _begun_at: float = 0.0
    _due: float = 0.0

    def set(self, rate: float | None) -> None:
        """Go at another rate from now on."""
        self.rate, self._begun_at, self._due = rate, time.monotonic(), 0.0

    def due(self) -> int:
        """Return how many packets may be sent now; those that could not be sent in time are caught up with."""
        if self.rate is None:
            return CHUNK
        now = time.monotonic()
        self._due, self._begun_at = self._due + (now - self._begun_at) * self.rate, now
        return min(CHUNK, int(self._due))

    def spend(self, packets: int) -> None:
        """Note that packets were handed over."""
        self._due -= packets

    @property
    def wait_s(self) -> float:
        """Return the time until a packet is due."""
        if self.rate is None:
            return 0.0
        return LONGEST_WAIT_S if self.rate <= 0.0 else min(LONGEST_WAIT_S, max(0.0, (1.0 - self._due) / self.rate))


class Flood:
    """What is sent on one connection."""

    def __init__(self, connection: socket.socket, pace: Pace) -> None:
        """Send nothing until there are packets."""
        self.connection, self.pace = connection, pace
        self.packets: Packets | None = None
        """What is sent, once somebody wants it."""
        self.window: int | None = None
        """Packets that may be unanswered; None: any number, they are not answered."""
        self.sent = self.acknowledged = 0
        """Packets that the socket has taken whole, and of those, the ones that were answered."""
        self._answers = bytearray()
        self._rest, self._in_rest = memoryview(b""), 0

    def answer(self, packet: bytes) -> None:
        """Say something, as soon as the packets under way are out."""
        self._answers += packet

    @property
    def blocked(self) -> bool:
        """Whether the socket has not taken all that it was handed."""
        return bool(self._rest) or bool(self._answers)

    @property
    def wait_s(self) -> float | None:
        """Return how long there is nothing to do but listen; None: until somebody says something."""
        if self.packets is None or self._room() == 0:
            return None
        return self.pace.wait_s

    def pump(self) -> None:
        """Hand over what is due, as far as the socket takes it at once.

        Raises: OSError when the other side is gone.
        """
        if not self._rest:
            if self._answers:
                del self._answers[: self._send(memoryview(bytes(self._answers)))]
            if not self._answers:
                self._take_due()
        if self._rest:
            self._rest = self._rest[self._send(self._rest) :]
            if not self._rest:
                self.sent += self._in_rest
                self._in_rest = 0

    def _take_due(self) -> None:
        """Take the packets that are due, to be handed over."""
        packets = 0 if self.packets is None else min(self.pace.due(), self._room())
        if self.packets is not None and packets > 0:
            self._rest = self.packets.take(packets)
            self._in_rest = len(self._rest) // self.packets.size
            self.pace.spend(self._in_rest)

    def _room(self) -> int:
        """Return how many packets the other side still lets us send unanswered."""
        return CHUNK if self.window is None else max(0, self.window - (self.sent - self.acknowledged))

    def _send(self, words: memoryview) -> int:
        """Return how many bytes the socket took."""
        try:
            return self.connection.send(words)
        except BlockingIOError:
            return 0
