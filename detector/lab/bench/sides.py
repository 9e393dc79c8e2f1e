"""The two sides that the load generator can take: a broker that floods whoever subscribes, a client that floods a broker.

In: a connection, and what comes over it. Out: answers, and packets once they are wanted.
"""

import socket
from collections.abc import Callable
from typing import Final, Literal

from detector.lab.bench import wire
from detector.lab.bench.flood import Flood, Pace
from detector.lab.bench.packets import Packets

READ_BYTES: Final = 1 << 18

UNDER_WAY: Final = 1000
"""Publications of QoS 1 that a client has under way."""

Supply = Callable[[Literal[4, 5]], Packets]
"""Packets for a version of MQTT."""


class _Side:
    """One end of one connection."""

    def __init__(self, connection: socket.socket, pace: Pace) -> None:
        """Take over a connection; from now on nothing here waits for it."""
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.flood = Flood(connection, pace)
        self.alerts = 0
        """Alert events that came over it."""
        self._packeter = wire.Packeter()

    def hear(self) -> None:
        """Take in what came.

        Raises: OSError when the other side is gone.
        """
        words = self.flood.connection.recv(READ_BYTES)
        if not words:
            raise ConnectionResetError("the other side closed the connection")
        for packet in self._packeter.cut(words):
            if packet.kind == wire.PUBACK:
                self.flood.acknowledged += packet.times
            else:
                self._take(packet)

    def _take(self, packet: wire.Packet) -> None:
        """Act on one packet."""
        raise NotImplementedError


class BrokerSide(_Side):
    """A broker with one publisher, ourselves: grants what is asked for, takes what is published, floods who subscribed."""

    def __init__(self, connection: socket.socket, pace: Pace, supply: Supply, qos: Literal[0, 1]) -> None:
        """Wait for a CONNECT."""
        super().__init__(connection, pace)
        self._supply, self._qos = supply, qos
        self._hello = wire.Hello(4, wire.MOST_IN_FLIGHT)

    def _take(self, packet: wire.Packet) -> None:
        """Answer one packet."""
        flood, protocol = self.flood, self._hello.protocol
        if packet.kind == wire.CONNECT:
            self._hello = wire.Hello.parse(packet.body)
            flood.answer(wire.connected(self._hello.protocol))
        elif packet.kind == wire.SUBSCRIBE:
            flood.answer(wire.subscribed(packet.body, protocol, self._qos))
            flood.window = self._hello.receive_maximum if self._qos else None
            flood.packets = flood.packets or self._supply(protocol)
        elif packet.kind == wire.PUBLISH:
            topic, answer = wire.published(packet)
            self.alerts += "/alerts/" in topic
            if answer is not None:
                flood.answer(answer)
        elif packet.kind == wire.UNSUBSCRIBE:
            flood.answer(wire.unsubscribed(packet.body, protocol))
        elif packet.kind == wire.PINGREQ:
            flood.answer(wire.pong())
        elif packet.kind == wire.DISCONNECT:
            raise ConnectionResetError("the client said goodbye")


class ClientSide(_Side):
    """A client that publishes to a real broker, by MQTT 3.1.1."""

    def __init__(self, connection: socket.socket, pace: Pace, supply: Supply, qos: Literal[0, 1]) -> None:
        """Ask to be let in."""
        super().__init__(connection, pace)
        self._supply = supply
        self.flood.window = UNDER_WAY if qos else None
        self.flood.answer(wire.hello("bench-publisher"))

    def _take(self, packet: wire.Packet) -> None:
        """Begin once the broker has let us in.

        Raises: OSError when it does not.
        """
        if packet.kind == wire.CONNACK:
            if packet.body[1]:
                raise ConnectionRefusedError(f"the broker refused us: {packet.body[1]}")
            self.flood.packets = self._supply(4)
