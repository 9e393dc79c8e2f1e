"""As much of MQTT as the load generator speaks: cuts what comes into packets, reads a CONNECT, writes the answers.

In: bytes of one connection. Out: packets, and answers to them. Not a broker: nothing is refused, kept or routed.
Source: MQTT 5.0 and 3.1.1 (OASIS), section 2.1 and 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from detector.edge.mqtt.packets import variable_integer

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x80, 0x90
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 0xA0, 0xB0, 0xC0, 0xD0, 0xE0

RECEIVE_MAXIMUM: Final = 0x21
PROPERTY_BYTES: Final = {0x11: 4, RECEIVE_MAXIMUM: 2, 0x27: 4, 0x22: 2, 0x19: 1, 0x17: 1}
"""Properties of a CONNECT that have a length of their own, and that length."""

MOST_IN_FLIGHT: Final = 65_535
"""What a client takes that does not say otherwise."""


class Packet(NamedTuple):
    """One packet, or several acknowledgements that came together."""

    kind: int
    flags: int
    body: bytes
    times: int = 1


class Packeter:
    """Cuts one direction of a connection into packets."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._rest = b""

    def cut(self, words: bytes) -> Iterator[Packet]:
        """Yield the packets that are whole now; the rest waits for more."""
        words = self._rest + words
        at, times = 0, len(words) // 4
        # By far the most that comes with QoS 1, and told apart in two comparisons: the shortest acknowledgements, back to back
        if times and words[: 4 * times : 4] == b"\x40" * times and words[1 : 4 * times : 4] == b"\x02" * times:
            at = 4 * times
            yield Packet(PUBACK, 0, b"", times)
        while (found := variable_integer(words, at + 1)) is not None:
            length, begin = found
            if begin + length > len(words):
                break
            yield Packet(words[at] & 0xF0, words[at] & 0x0F, words[begin : begin + length])
            at = begin + length
        self._rest = words[at:]


@dataclass(frozen=True, slots=True)
class Hello:
    """What a CONNECT says that matters here."""

    protocol: Literal[4, 5]
    receive_maximum: int

    @classmethod
    def parse(cls, body: bytes) -> "Hello":
        """Read a CONNECT packet."""
        level = body[6]
        if level != 5:
            return cls(4, MOST_IN_FLIGHT)
        found = variable_integer(body, 10)
        assert found is not None
        length, at = found
        end = at + length
        while at < end and (size := PROPERTY_BYTES.get(body[at])) is not None:
            if body[at] == RECEIVE_MAXIMUM:
                return cls(5, int.from_bytes(body[at + 1 : at + 3], "big"))
            at += 1 + size
        return cls(5, MOST_IN_FLIGHT)


def connected(protocol: int) -> bytes:
    """Return the CONNACK that lets a client in."""
    return _packet(CONNACK, b"\0\0" + _no_properties(protocol))


def subscribed(body: bytes, protocol: int, qos: int) -> bytes:
    """Return the SUBACK that grants every filter of a SUBSCRIBE, at most at `qos`."""
    at = 2
    if protocol == 5:
        at = _after_properties(body, at)
    granted = bytearray()
    while at < len(body):
        at += 2 + int.from_bytes(body[at : at + 2], "big")
        granted.append(min(qos, body[at] & 3))
        at += 1
    return _packet(SUBACK, body[:2] + _no_properties(protocol) + bytes(granted))


def unsubscribed(body: bytes, protocol: int) -> bytes:
    """Return the UNSUBACK for one filter."""
    return _packet(UNSUBACK, body[:2] + (b"\0\0" if protocol == 5 else b""))


def published(packet: Packet) -> tuple[str, bytes | None]:
    """Return the topic of a PUBLISH, and the PUBACK that it wants, if it wants one."""
    end = 2 + int.from_bytes(packet.body[:2], "big")
    topic = packet.body[2:end].decode(errors="replace")
    return topic, _packet(PUBACK, packet.body[end : end + 2]) if packet.flags & 0x06 else None


def pong() -> bytes:
    """Return the answer to a PINGREQ."""
    return _packet(PINGRESP, b"")


def hello(client_id: str) -> bytes:
    """Return the CONNECT of a client of MQTT 3.1.1 with a clean session and no keepalive."""
    name = client_id.encode()
    return _packet(CONNECT, b"\0\4MQTT\4\2\0\0" + len(name).to_bytes(2, "big") + name)


def _packet(kind: int, body: bytes) -> bytes:
    """Return a packet with a body of less than 128 bytes; a SUBSCRIBE's flags aside, none here has any."""
    return bytes([kind, len(body)]) + body


def _no_properties(protocol: int) -> bytes:
    """Return the properties of an answer: none, which MQTT 5 says in a byte."""
    return b"\0" if protocol == 5 else b""


def _after_properties(body: bytes, at: int) -> int:
    """Return where the properties end that begin here."""
    found = variable_integer(body, at)
    assert found is not None
    return found[0] + found[1]
