"""What is published and acknowledged goes out at once, and whole, whoever says so."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, RLock, Thread
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTv311, _socketpair_compat
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from detector.edge.mqtt.packets import Publications, Publish, take_publications
from detector.edge.mqtt.quick_client import QuickClient

PUBACK_7 = b"\x40\x02\x00\x07"

PUBLISHED = 2 + 2 + len("alerts") + 2 + len("now")
"""Bytes of a packet: header, topic, packet identifier, payload."""

SPEAKERS, EACH = 4, 40
LARGE = 50_000
"""Bytes of a payload that no socket takes at once, as small as its buffer is made here."""


@contextmanager
def connected() -> Iterator[tuple[QuickClient, socket.socket]]:
    """Yield a client that is connected, and the broker's end of the connection."""
    client = QuickClient(CallbackAPIVersion.VERSION2, "us", protocol=MQTTv311, manual_ack=True)
    client.max_inflight_messages_set(0)
    client.on_socket_register_write = lambda *_: None
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        client._sock = ours
        client._sockpairR, client._sockpairW = _socketpair_compat()
        yield client, theirs
        client._sock = None


def test_nobody_is_woken_to_write() -> None:
    """A publication and an acknowledgement are on their way when the call returns, though no network thread runs."""
    with connected() as (client, broker):
        client.publish("alerts", b"now", 1)
        client.acknowledge([7])
        came = b""
        while len(came) < PUBLISHED + len(PUBACK_7):
            came += broker.recv(4096)
    assert [one.payload for one in take_publications(came, 0, properties=False).publications] == [b"now"]
    assert came[PUBLISHED:] == PUBACK_7


def test_what_waits_goes_first() -> None:
    """What the socket does not take at once is finished by the network thread, before anything that was published later."""
    with connected() as (client, broker):
        heard = Thread(target=lambda: got.append(read(broker, 2)))
        got = list[Publications]()
        client.publish("alerts", LARGE * b"1", 1)
        assert client.want_write()
        client.publish("alerts", b"2", 1)
        heard.start()
        while client.want_write():
            assert client.loop(0.1) is MQTTErrorCode.MQTT_ERR_SUCCESS
        heard.join()
    assert [payload[:1] for payload in got[0].payloads] == [b"1", b"2"]


def test_those_who_publish_at_once_tear_no_packet() -> None:
    """What several threads publish while the network thread writes comes whole, and in the order of each."""
    with connected() as (client, broker):
        got, done = list[Publications](), Event()

        def speak(speaker: int) -> None:
            """Publish small and large ones."""
            for number in range(EACH):
                client.publish(f"of/{speaker}", b"%d " % number + (LARGE if number % 2 == 0 else 8) * b"x", 1)

        def write() -> None:
            """Be the network thread."""
            while not done.is_set():
                client.loop(0.1)

        speakers = [Thread(target=speak, args=(speaker,)) for speaker in range(SPEAKERS)]
        threads = [Thread(target=lambda: got.append(read(broker, SPEAKERS * EACH))), *speakers, Thread(target=write)]
        for thread in threads:
            thread.start()
        for thread in threads[:-1]:
            thread.join()
        done.set()
        threads[-1].join()
    (all_of_them,) = got
    for speaker in range(SPEAKERS):
        theirs = [one.payload for one in all_of_them if one.topic == f"of/{speaker}"]
        assert [int(payload.split()[0]) for payload in theirs] == list(range(EACH))


def test_whoever_writes_or_closes_has_the_socket_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the network thread writes what waits, or closes the socket, nobody else can write to it."""
    alone = dict[str, bool]()

    def watched(name: str) -> Callable[[Client], Any]:
        """Return a way of paho's that notes whether others could write meanwhile."""
        theirs = getattr(Client, name)

        def act(client: Client) -> Any:
            assert isinstance(client, QuickClient)
            alone[name] = not could_be_taken(client._writing)
            return theirs(client)

        return act

    for name in ("_packet_write", "_sock_close"):
        monkeypatch.setattr(Client, name, watched(name))
    with connected() as (client, _broker):
        client.publish("alerts", LARGE * b"1", 1)
        client.loop_write()
        client._sock_close()
        assert could_be_taken(client._writing)
    assert alone == {"_packet_write": True, "_sock_close": True}


def could_be_taken(lock: RLock) -> bool:
    """Tell whether another thread could take a lock now."""
    found = list[bool]()

    def take() -> None:
        found.append(lock.acquire(blocking=False))
        if found[0]:
            lock.release()

    other = Thread(target=take)
    other.start()
    other.join()
    return found[0]


def read(broker: socket.socket, count: int) -> Publications:
    """Return so many publications, read until they have all come."""
    got, rest = list[Publish](), b""
    while len(got) < count:
        more = broker.recv(1 << 16)
        assert more, f"expected {count} publications, got {len(got)}"
        rest += more
        stretch = take_publications(rest, 0, properties=False)
        got += stretch.publications
        rest = rest[stretch.end :]
    return Publications(got)
