"""Law: publications are read as paho reads them, however the network cuts them."""

import socket
import struct
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from detector.edge.mqtt.packets import Publish
from detector.edge.mqtt.quick_client import READ, QuickClient, fits

PINGRESP = b"\xd0\x00"


class Sent(NamedTuple):
    """A publication to be sent."""

    topic: bytes
    payload: bytes
    qos: int
    retain: bool
    duplicate: bool
    mid: int
    expiry: int | None

    def packet(self, *, newest: bool) -> bytes:
        """Return the packet (MQTT 5.0, 3.3)."""
        body = struct.pack("!H", len(self.topic)) + self.topic
        if self.qos:
            body += struct.pack("!H", self.mid)
        if newest:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            if self.expiry is not None:
                properties.MessageExpiryInterval = self.expiry
                properties.UserProperty = ("of", "ours" * 40)
            body += properties.pack()  # type: ignore[no-untyped-call]
        body += self.payload
        head = 0x30 | self.duplicate << 3 | self.qos << 1 | self.retain
        length, left = b"", len(body)
        while left >= 0x80:
            length, left = length + bytes([left & 0x7F | 0x80]), left >> 7
        return bytes([head]) + length + bytes([left]) + body


publications = st.builds(
    Sent,
    topic=st.sampled_from([b"plant/pump-1", b"a", b"stra\xc3\x9fe", b"not utf-8 \xff"]),
    payload=st.binary(max_size=8) | st.just(b"x" * 200) | st.just(b"y" * 20_000),
    qos=st.sampled_from([0, 1]),
    retain=st.booleans(),
    duplicate=st.booleans(),
    mid=st.integers(1, 65_535),
    expiry=st.none() | st.just(60),
)


def heard(client: Client, data: bytes, cuts: list[int]) -> list[Publish]:
    """Return what a client that is connected makes of bytes that come in pieces."""
    got: list[Publish] = []

    def hear_one(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        try:
            topic: str | None = message.topic
        except UnicodeDecodeError:
            topic = None
        got.append(Publish(topic, bytes(message.payload), message.qos, message.retain, bool(message.dup), message.mid))

    client.on_message = hear_one
    if isinstance(client, QuickClient):
        client.on_publications = got.extend
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        client._sock = ours
        places = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
        for first, last in pairwise(places):
            piece = memoryview(data)[first:last]
            while piece:
                piece = piece[theirs.send(piece[:4096]) :]
                for _ in range(200):
                    client.loop_read()
        client._sock = None
    return got


@pytest.mark.parametrize("protocol", [MQTTv5, MQTTv311])
@given(sent=st.lists(publications | st.just(None), max_size=6), cuts=st.lists(st.integers(0, 50_000), max_size=5))
def test_a_stream_in_pieces_is_read_as_by_paho(
    protocol: MQTTProtocolVersion, sent: list[Sent | None], cuts: list[int]
) -> None:
    """Publications of either version among other packets, cut anywhere, are what paho itself would have called back with."""
    data = b"".join(PINGRESP if one is None else one.packet(newest=protocol is MQTTv5) for one in sent)
    expected, got = (
        heard(kind(CallbackAPIVersion.VERSION2, "us", protocol=protocol, manual_ack=True), data, cuts)
        for kind in (Client, QuickClient)
    )
    assert len(expected) == sum(one is not None for one in sent)
    assert got == expected


def test_a_packet_larger_than_a_read_is_put_together() -> None:
    """A publication that no single read can hold comes whole, and so does the one after it."""
    large = Sent(b"a", b"z" * (3 * READ), 1, retain=False, duplicate=False, mid=7, expiry=None)
    small = large._replace(payload=b"1", mid=8)
    client = QuickClient(CallbackAPIVersion.VERSION2, "us", protocol=MQTTv5, manual_ack=True)
    got = heard(client, large.packet(newest=True) + small.packet(newest=True), [])
    assert [(one.mid, len(one.payload)) for one in got] == [(7, 3 * READ), (8, 1)]


@pytest.mark.parametrize("malformed", [b"\x30\xff\xff\xff\xff\x01", b"\x30\x09\x00\x01a\xff\xff\xff\xff\xff\x01"])
def test_what_comes_before_a_packet_that_is_not_well_formed_is_taken_in(malformed: bytes) -> None:
    """Nonsense ends the connection, and takes nothing with it that was read with it."""
    good = Sent(b"a", b"1", 0, retain=False, duplicate=False, mid=0, expiry=None)
    client = QuickClient(CallbackAPIVersion.VERSION2, "us", protocol=MQTTv5, manual_ack=True)
    got = heard(client, 3 * good.packet(newest=True) + malformed, [])
    assert [one.payload for one in got] == [b"1"] * 3


def test_paho_is_as_we_know_it() -> None:
    """All that the quick client uses of paho is there; should this fail, paho's own way is taken, which is slower."""
    assert fits(Client(CallbackAPIVersion.VERSION2))
