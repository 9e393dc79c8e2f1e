"""The link notices what no packet tells: half-open connections, deaf ones, rivals, passwords that expire, cuts anywhere."""

import re
from typing import Any

import pytest

from tests.system.broker import Broker
from tests.system.parties import Station, Witness
from tests.system.patience import wait_for_count, wait_until
from tests.system.proxy import Proxy, Way
from tests.system.scripted_broker import ScriptedBroker, packet

TOPIC = "plant/pump-1/telemetry"
SOON: dict[str, Any] = {"reconnect_min": 0.01, "reconnect_max": 0.05}
MESSAGE = packet(0x30, b"\x00\x02ab\x00" + b"1")
"""A publication of QoS 0 on the topic `ab`."""


@pytest.mark.needs("mosquitto")
@pytest.mark.parametrize("ways", [{Way.UP}, {Way.DOWN}, {Way.UP, Way.DOWN}], ids=["deaf broker", "deaf link", "both"])
def test_a_half_open_connection_is_noticed_and_mended(broker: Broker, ways: set[Way]) -> None:
    """When bytes vanish though the connection stands, the link gives it up after the keepalive, and misses nothing."""
    with Proxy(broker.port).running() as proxy, Station(proxy.url, keepalive=1.0) as station:
        station.wait_subscribed()
        proxy.swallow = ways
        with Witness(broker.port) as witness:
            witness.publish(TOPIC, "1")
        wait_until(lambda: not station.link.connected, "the loss to be noticed")
        proxy.swallow = set()
        station.wait_subscribed()
        assert station.take(1)[0].payload == b"1"


def test_a_deaf_link_subscribes_anew() -> None:
    """Connected, subscribed, and nothing comes any more: the link asks for its topics again, and hears."""
    with (
        ScriptedBroker(after_suback=MESSAGE * 2).running() as broker,
        Station(broker.url, base=None, filters=["ab"], renew_after=0.2) as station,
    ):
        station.take(4)
        assert station.link.traffic.connections == 1
        assert station.link.traffic.renewals >= 1


def test_a_link_that_stays_deaf_connects_anew(caplog: pytest.LogCaptureFixture) -> None:
    """Where subscribing anew brings nothing, the link leaves the connection and makes another one."""
    with ScriptedBroker(after_suback=MESSAGE * 2, silent_after=1).running() as broker:
        with Station(broker.url, base=None, filters=["ab"], renew_after=0.2) as station:
            station.take(2)
            wait_until(lambda: station.link.traffic.connections == 2, "a second connection")
            assert "nothing came for" in str(station.link.ended_because)
        assert "subscribing anew" in caplog.text


def test_a_rival_is_counted_and_given_way(caplog: pytest.LogCaptureFixture) -> None:
    """Another client with our name: each time it is counted and explained, and the next pause is about twice as long."""
    taken_over = packet(0xE0, b"\x8e\x00")
    with ScriptedBroker(after_suback=taken_over).running() as broker, Station(broker.url, base=None, **SOON) as station:
        wait_until(lambda: station.link.traffic.takeovers >= 5, "five takeovers")
    pauses = [float(found) for found in re.findall(r"Session taken over.*; back in ([0-9.]+) s", caplog.text)]
    assert pauses[4] > 4 * pauses[0]
    assert "give each daemon an mqtt.client_id of its own" in caplog.text


@pytest.mark.needs("mosquitto", "mosquitto_passwd")
def test_a_password_that_changes_is_read_anew() -> None:
    """After the password was changed at the broker and in its file, the next connection is let in with the new one."""
    words = ["old"]
    with (
        Broker(users={"detector": "old"}) as broker,
        Station(broker.url, username="detector", read_password=lambda: words[-1]) as station,
    ):
        station.wait_subscribed()
        broker.stop()
        broker.let_in({"detector": "new"})
        broker.start()
        wait_until(lambda: "refused the connection" in str(station.link.ended_because), "the refusal")
        words.append("new")
        station.wait_subscribed()


def take(station: Station) -> set[int]:
    """Take and acknowledge what comes now, as a daemon never ceases to: what is not acknowledged comes again at each connection."""
    taken = station.inbox.take(10_000, 0.1)
    station.link.acknowledge(taken)
    return {int(message.payload) for parcel in taken for message in parcel}


def take_all(station: Station, wanted: set[int]) -> set[int]:
    """Take and acknowledge whatever comes, until all that is wanted has come; return all that came."""
    came = set[int]()

    def count() -> int:
        came.update(take(station))
        return len(wanted & came)

    wait_for_count(count, len(wanted), "numbers that arrived")
    return came


@pytest.mark.needs("mosquitto")
@pytest.mark.parametrize("seed", range(3))
def test_cuts_anywhere_lose_nothing(seed: int) -> None:
    """Connections cut in the middle of packets, again and again: every QoS 1 message arrives, and ours leave, all of them."""
    rounds, share = 4, 300
    with Broker(options=["max_queued_messages 10000"]) as broker, Witness(broker.port, "out/#") as witness:
        with Proxy(broker.port, seed=seed).running() as proxy, Station(proxy.url, **SOON) as station:
            station.wait_subscribed()
            # More than the broker sends of a round in one go, or nothing would ever come through; a quarter of it all.
            proxy.cut_within = 20_000
            proxy.cut()
            arrived = set[int]()
            for begin in range(0, rounds * share, share):
                witness.publish(TOPIC, *(str(number) for number in range(begin, begin + share)))
                for number in range(begin, begin + share):
                    station.link.publish("out/numbers", str(number), 1, retain=False)
                arrived |= take_all(station, set(range(begin, begin + share)) - arrived)

            def unconfirmed() -> int:
                take(station)
                return station.link.unconfirmed

            wait_until(lambda: not unconfirmed(), "our own to be confirmed")
        heard = set[int]()
        while len(heard) < rounds * share:
            heard.add(int(witness.hear()[1]))
        assert proxy.cuts >= 2


def test_a_broker_that_confirms_nothing_is_left() -> None:
    """Publications that are never answered go out again over another connection, which the link makes by itself."""
    with (
        ScriptedBroker().running() as broker,
        Station(broker.url, filters=["ab"], renew_after=0.3) as station,
    ):
        wait_until(lambda: station.link.traffic.connections >= 2, "a second connection")
        assert "confirmed nothing that we published" in str(station.link.ended_because)

        def again() -> bool:
            published = [body for kind, body in broker.received if kind & 0xF0 == 0x30]
            return len([body for body in published if body.endswith(b"online")]) >= 2

        wait_until(again, "the publication over the second connection")
