"""The load generator, a process of its own: `python -m detector.lab.bench.generator broker|client ...`.

In: words on standard input, a line each: `rate max`, `rate 2000`, `rate 0`, `count`. Out: a line of JSON for `count`, and one
with the port at the start. It ends when standard input does, so that it outlives no bench.
"""

import argparse
import json
import os
import selectors
import socket
import sys
import time
from contextlib import suppress
from typing import Final, Literal

from detector.domain import MICROSECONDS
from detector.lab.bench.flood import Pace
from detector.lab.bench.packets import Packets, by_cadence, by_clock
from detector.lab.bench.sides import BrokerSide, ClientSide

STDIN: Final = 0

HISTORY_S: Final = 365 * 86_400
"""A fleet in fast motion begins this long ago, so that it does not come near the future."""


class Generator:
    """One load, on one port as a broker, or on one connection as a client."""

    def __init__(self, devices: int, qos: Literal[0, 1], cadence_s: float | None) -> None:
        """Prepare; with a cadence every round is so much later than the one before, else the wall clock is told."""
        self._devices, self._qos, self._cadence_s = devices, qos, cadence_s
        self._pace = Pace()
        self._selector = selectors.DefaultSelector()
        self._sides: list[BrokerSide | ClientSide] = []
        self._ended = dict.fromkeys(("sent", "alerts"), 0)
        self._words = b""
        self._supplies: dict[int, Packets] = {}

    def serve(self, listener: socket.socket) -> None:
        """Be a broker until standard input ends."""
        self._selector.register(listener, selectors.EVENT_READ)
        self._run(listener)

    def publish(self, server: tuple[str, int]) -> None:
        """Be a client until standard input ends."""
        connection = socket.create_connection(server)
        self._take_up(ClientSide(connection, self._pace, self._supply, self._qos))
        self._run(None)

    def _supply(self, protocol: Literal[4, 5]) -> Packets:
        """Return the stream for a version of MQTT; who comes back takes it up where it was."""
        if protocol not in self._supplies:
            if self._cadence_s is None:
                stamp = by_clock(lambda: time.time_ns() // 1000)
            else:
                start_s = int(time.time()) // 3600 * 3600 - HISTORY_S
                stamp = by_cadence(start_s * MICROSECONDS, self._cadence_s)
            self._supplies[protocol] = Packets(self._devices, self._qos, protocol, stamp)
        return self._supplies[protocol]

    def _run(self, listener: socket.socket | None) -> None:
        """Listen, answer and flood."""
        self._selector.register(STDIN, selectors.EVENT_READ)
        while True:
            for side in self._sides:
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if side.flood.blocked else 0)
                if self._selector.get_key(side.flood.connection).events != wanted:
                    self._selector.modify(side.flood.connection, wanted, side)
            for key, events in self._selector.select(self._wait_s()):
                if key.fd == STDIN:
                    if not self._obey():
                        return
                elif key.data is None:
                    assert listener is not None
                    self._take_up(BrokerSide(listener.accept()[0], self._pace, self._supply, self._qos))
                elif events & selectors.EVENT_READ:
                    self._try(key.data, hear=True)
            for side in tuple(self._sides):
                self._try(side, hear=False)

    def _wait_s(self) -> float | None:
        """Return how long there is nothing to do; None: until somebody says something."""
        waits = [side.flood.wait_s for side in self._sides if not side.flood.blocked]
        return min((wait_s for wait_s in waits if wait_s is not None), default=None)

    def _take_up(self, side: BrokerSide | ClientSide) -> None:
        """Attend to one more connection."""
        self._sides.append(side)
        self._selector.register(side.flood.connection, selectors.EVENT_READ, side)

    def _try(self, side: BrokerSide | ClientSide, *, hear: bool) -> None:
        """Hear or pump one side; forget it when the other one is gone."""
        try:
            if hear:
                side.hear()
            else:
                side.flood.pump()
        except OSError:
            self._sides.remove(side)
            self._selector.unregister(side.flood.connection)
            side.flood.connection.close()
            for name, number in self._numbers(side).items():
                self._ended[name] += number

    def _obey(self) -> bool:
        """Do what standard input says; return whether it is still open."""
        words = os.read(STDIN, 4096)
        *lines, self._words = (self._words + words).split(b"\n")
        for line in lines:
            verb, _, rest = line.decode().partition(" ")
            if verb == "rate":
                self._pace.set(None if rest == "max" else float(rest))
            else:
                _say(self._count())
        return bool(words)

    def _count(self) -> dict[str, float]:
        """Return what was sent and heard so far on all connections, and when that was."""
        numbers = [self._ended, *map(self._numbers, self._sides)]
        counted = {name: sum(one[name] for one in numbers) for name in self._ended}
        flooded = sum(side.flood.packets is not None for side in self._sides)
        return {"at": time.monotonic(), "flooded": flooded, **counted}

    @staticmethod
    def _numbers(side: BrokerSide | ClientSide) -> dict[str, int]:
        """Return the counts of one connection."""
        return {"sent": side.flood.sent, "alerts": side.alerts}


def _say(words: dict[str, float]) -> None:
    """Write a line of JSON."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line, and generate."""
    parser = argparse.ArgumentParser(prog="generator")
    parser.add_argument("side", choices=("broker", "client"))
    parser.add_argument("--port", type=int, default=0, help="to listen on (0: a free one), or to connect to")
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--qos", type=int, choices=(0, 1), default=0)
    parser.add_argument("--cadence", type=float, help="seconds of event time between rounds; absent: the wall clock")
    given = parser.parse_args()
    generator = Generator(given.devices, given.qos, given.cadence)
    with suppress(KeyboardInterrupt):
        if given.side == "client":
            _say({"port": given.port})
            generator.publish(("127.0.0.1", given.port))
        else:
            with socket.create_server(("127.0.0.1", given.port)) as listener:
                _say({"port": listener.getsockname()[1]})
                generator.serve(listener)


if __name__ == "__main__":
    main()
