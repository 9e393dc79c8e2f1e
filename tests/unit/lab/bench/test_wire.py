"""The generator's end of MQTT: cuts a stream into the same packets however it comes in, and answers."""

import socket

from hypothesis import given
from hypothesis import strategies as st

from detector.lab.bench import wire
from detector.lab.bench.flood import Flood, Pace
from detector.lab.bench.packets import Packets, by_cadence

SUBSCRIBE_5 = b"\x82\x0a\0\x07\0\0\4a/+b\1"
ACKNOWLEDGED, PING = b"\x40\x02\0\1", b"\xc0\0"
PUBLISHED = b"\x32\x0e\0\x09d/alerts/\0\5x"


@given(st.lists(st.sampled_from([SUBSCRIBE_5, ACKNOWLEDGED, PING, PUBLISHED]), max_size=20), st.data())
def test_a_cut_changes_nothing(packets: list[bytes], data: st.DataObject) -> None:
    """However the bytes arrive, the same packets are found; acknowledgements may come together."""
    words, cut = b"".join(packets), wire.Packeter()
    found = list[wire.Packet]()
    while words:
        length = data.draw(st.integers(1, len(words)))
        found += cut.cut(words[:length])
        words = words[length:]
    kinds = [kind for packet in found for kind in [packet.kind] * packet.times]
    assert kinds == [packet[0] & 0xF0 for packet in packets]


def test_answers() -> None:
    """A subscription is granted at most what the generator gives, a publication of QoS 1 acknowledged by its number."""
    (packet,) = wire.Packeter().cut(SUBSCRIBE_5)
    assert wire.subscribed(packet.body, 5, 0) == b"\x90\x04\0\x07\0\0"
    (packet,) = wire.Packeter().cut(PUBLISHED)
    assert wire.published(packet) == ("d/alerts/", b"\x40\x02\0\5")


def test_hello_says_how_much_is_taken() -> None:
    """The receive maximum of an MQTT 5 client is found among its other properties; an older client has none."""
    properties = b"\x11\0\0\0\x3c\x21\x03\xe8"
    body = b"\0\4MQTT\5\2\0\x1e" + bytes([len(properties)]) + properties + b"\0\1x"
    assert wire.Hello.parse(body) == wire.Hello(5, 1000)
    (packet,) = wire.Packeter().cut(wire.hello("x"))
    assert wire.Hello.parse(packet.body) == wire.Hello(4, wire.MOST_IN_FLIGHT)


def test_flood_keeps_packets_whole() -> None:
    """Answers come between packets, never within one, however little the socket takes; what was sent is counted."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 5000)
        flood, cut, kinds = Flood(ours, Pace(None)), wire.Packeter(), list[int]()
        flood.packets = Packets(200, 0, 5, by_cadence(0, 1.0))
        while len(kinds) < 5000:
            flood.answer(wire.pong())
            flood.pump()
            kinds += [packet.kind for packet in cut.cut(theirs.recv(7001))]
        assert {*kinds} == {wire.PUBLISH, wire.PINGRESP}
        assert flood.sent >= kinds.count(wire.PUBLISH) - 512


def test_flood_waits_for_acknowledgements() -> None:
    """With a window no more packets are under way than it allows."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        flood = Flood(ours, Pace(None))
        flood.packets, flood.window = Packets(20, 1, 5, by_cadence(0, 1.0)), 7
        for _ in range(5):
            flood.pump()
        assert (flood.sent, flood.wait_s) == (7, None)
        flood.acknowledged = 3
        flood.pump()
        assert flood.sent == 10
