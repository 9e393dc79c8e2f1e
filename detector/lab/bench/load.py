"""The load generator seen from the bench: starts the process, tells it how fast, asks what it has sent.

In: how many devices, which side. Out: a port to subscribe at, or packets on a broker; counts.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from detector.errors import DetectorError
from detector.lab.bench.packets import Packets, by_cadence
from detector.lab.broker import Broker, end

PATIENCE_S: Final = 120.0
"""Longest wait for anything that moves to move."""

GLANCE_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Stream:
    """What is sent."""

    devices: int
    qos: Literal[0, 1]
    cadence_s: float | None
    """Event time between two readings of a device, however fast they are sent; None: the wall clock tells it."""

    def packet_bytes(self, protocol: Literal[4, 5]) -> int:
        """Return how long a packet is that a subscriber gets."""
        return Packets(1, self.qos, protocol, by_cadence(0, 1.0)).size


class Sent(NamedTuple):
    """What a generator has done so far."""

    at: float
    """When, by the monotonic clock."""
    flooded: int
    """Connections that are being sent packets."""
    sent: int
    alerts: int
    """Alert events that were published to it."""


class Load:
    """A generator that runs."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        """Take over a child that was just started, and read where it is.

        Raises: DetectorError when it does not come up.
        """
        self._child = child
        self.port = int(self._answer()["port"])

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._child.pid

    @property
    def url(self) -> str:
        """Return where it is a broker."""
        return f"mqtt://127.0.0.1:{self.port}"

    def go(self, rate: float | None) -> None:
        """Send so many packets a second from now on; None: as many as are taken."""
        self._say("rate max" if rate is None else f"rate {rate!r}")

    def sent(self) -> Sent:
        """Return what it has done so far."""
        self._say("count")
        return Sent(**self._answer())

    def await_taken(self) -> None:
        """Wait until somebody wants its packets.

        Raises: DetectorError when nobody does for long.
        """
        wait_for(lambda: self.sent().flooded, "somebody subscribed")

    def _say(self, words: str) -> None:
        """Write a line."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(f"{words}\n")
            self._child.stdin.flush()
        except BrokenPipeError as fault:
            raise DetectorError("bench: the load generator has ended") from fault

    def _answer(self) -> dict[str, Any]:
        """Read a line."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise DetectorError("bench: the load generator has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def load(stream: Stream, broker: Broker | None = None) -> Iterator[Load]:
    """Start a generator, a broker itself or a client of `broker`; it sends nothing before it is told to."""
    words = [sys.executable, "-m", "detector.lab.bench.generator", "broker" if broker is None else "client"]
    words += ["--devices", str(stream.devices), "--qos", str(stream.qos)]
    words += [] if stream.cadence_s is None else ["--cadence", str(stream.cadence_s)]
    words += [] if broker is None else ["--port", broker.url.rpartition(":")[2]]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield Load(child)
    finally:
        end(child)  # type: ignore[arg-type]


def wait_for(reached: Callable[[], object], what: str, moving: Callable[[], float] | None = None) -> None:
    """Wait until something is so, for as long as `moving` moves.

    Raises: DetectorError when nothing does.
    """
    before, moved_at = -1.0, time.monotonic()
    while not reached():
        now = 0.0 if moving is None else moving()
        if now != before:
            before, moved_at = now, time.monotonic()
        if time.monotonic() - moved_at > PATIENCE_S:
            raise DetectorError(f"bench: waited {PATIENCE_S:.0f} s in vain until {what}")
        time.sleep(GLANCE_S)
