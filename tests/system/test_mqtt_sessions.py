"""The link survives the loss of brokers, of connections and of its own process, and loses no QoS 1 message by it."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.system.broker import Broker
from tests.system.parties import Station, Witness
from tests.system.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.needs("mosquitto")


@contextmanager
def _detached(broker: Broker, take: int, acknowledge: int) -> Iterator[subprocess.Popen[str]]:
    """Run a station in a process of its own; it is killed in the end, if not before."""
    words = [sys.executable, "-m", "tests.system.detached_station", broker.url, str(take), str(acknowledge)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _says(process: subprocess.Popen[str]) -> str:
    """Return the next line of a process."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_killed_broker_is_found_again(broker: Broker) -> None:
    """After a broker was killed and started again, the link subscribes anew and readings come in."""
    with Station(broker.url, persistent_session=False) as station:
        station.wait_subscribed()
        broker.kill()
        wait_until(lambda: not station.link.connected, "the loss to be noticed")
        assert not station.link.subscribed.is_set()
        broker.start()
        station.wait_subscribed()
        with Witness(broker.port) as witness:
            witness.publish("plant/pump-1/telemetry", "1")
            station.take(1)
        assert station.link.traffic.connections == 2


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_arrives_while_we_are_away_is_delivered(broker: Broker, protocol: str) -> None:
    """In a persistent session QoS 1 messages wait for us at the broker, also through a restart of the broker."""
    with Station(broker.url, protocol=protocol) as station:
        station.wait_subscribed()
    with Witness(broker.port) as witness:
        witness.publish("plant/pump-1/telemetry", "1", "2", "3")
    broker.stop()
    broker.start()
    with Station(broker.url, protocol=protocol) as station:
        assert [message.payload for message in station.take(3)] == [b"1", b"2", b"3"]


def test_without_a_persistent_session_nothing_waits(broker: Broker) -> None:
    """Without a persistent session, what is published while we are away passes by."""
    for _ in range(2):
        with Station(broker.url, persistent_session=False) as station:
            station.wait_subscribed()
            assert len(station.inbox) == 0
        with Witness(broker.port) as witness:
            witness.publish("plant/pump-1/telemetry", "missed")


def test_unacknowledged_messages_come_again_after_a_kill(broker: Broker) -> None:
    """After a kill of our process exactly the messages that were not acknowledged come again, marked as duplicates."""
    with _detached(broker, take=5, acknowledge=2) as process:
        assert _says(process) == "subscribed"
        with Witness(broker.port) as witness:
            witness.publish("plant/pump-1/telemetry", *"12345")
        assert _says(process) == "1 2 3 4 5 done"
    with Station(broker.url, client_id="detached") as station:
        again = station.take(3)
        assert [(message.payload, message.duplicate) for message in again] == [(b"3", True), (b"4", True), (b"5", True)]
        station.wait_subscribed()
        assert len(station.inbox) == 0


def test_messages_of_an_earlier_connection_are_not_acknowledged(broker: Broker) -> None:
    """Acknowledging after a reconnection a message from before it acknowledges nothing else in its place."""
    with Station(broker.url) as station, Witness(broker.port) as witness:
        station.wait_subscribed()
        witness.publish("plant/pump-1/telemetry", "before")
        [before] = station.take(1)
        with Station(broker.url):  # the same client_id: throws the first one out, and is gone again
            wait_until(lambda: not station.link.connected, "the connection to be taken over")
        [again] = station.take(1)
        assert (again.payload, again.connection > before.connection) == (b"before", True)
        station.acknowledge([before])
    with Station(broker.url) as station:
        assert [message.payload for message in station.take(1)] == [b"before"]
        station.acknowledge([again])


def test_two_clients_of_one_name_are_spoken_of(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """Where the broker gives no reason, two clients that throw each other out are recognised by their pattern."""
    with Station(broker.url) as station, Station(broker.url):
        wait_until(lambda: "is another client using the client_id 'detector'?" in caplog.text, "the hint in the log")
        assert station.link.alive


def test_status_is_online_while_subscribed_and_offline_after_a_clean_stop(broker: Broker) -> None:
    """The retained status says online once readings would come in, and offline after an orderly stop."""
    with Station(broker.url) as station:
        station.wait_subscribed()
        wait_until(lambda: not station.link.unconfirmed, "the status to be confirmed")
        with Witness(broker.port, "detector/status") as witness:
            assert witness.hear() == ("detector/status", "online", True)
    with Witness(broker.port, "detector/status") as witness:
        assert witness.hear() == ("detector/status", "offline", True)


def test_the_broker_says_offline_for_a_killed_process(broker: Broker) -> None:
    """When our process is killed, the broker publishes the last will."""
    with _detached(broker, take=1, acknowledge=0) as process, Witness(broker.port, "detector/status") as witness:
        assert _says(process) == "subscribed"
        assert witness.hear()[1] == "online"
        process.kill()
        assert witness.hear()[1] == "offline"


def test_status_is_said_again_after_a_reconnection(broker: Broker) -> None:
    """After a reconnection the status says online, whatever the broker remembers."""
    with Station(broker.url) as station, Witness(broker.port) as witness:
        station.wait_subscribed()
        wait_until(lambda: not station.link.unconfirmed, "the status to be confirmed")
        witness.publish("detector/status", "", retain=True)
        broker.stop()
        wait_until(lambda: not station.link.connected, "the loss to be noticed")
        broker.start()
        station.wait_subscribed()
        wait_until(lambda: not station.link.unconfirmed, "the status to be confirmed")
        with Witness(broker.port, "detector/status") as listener:
            assert listener.hear() == ("detector/status", "online", True)


def test_stopping_without_a_broker_does_not_hang(caplog: pytest.LogCaptureFixture) -> None:
    """A link that never reached a broker stops within its deadline, and says what it could not publish."""
    with caplog.at_level(logging.ERROR), Station("mqtt://127.0.0.1:1") as station:
        station.link.publish("detector/alerts/warning/pump-1", "{}", 1, retain=False)
        station.link.stop(PATIENCE_S)
        assert not station.link.alive
    assert "publications that no broker has confirmed: 1" in caplog.text
