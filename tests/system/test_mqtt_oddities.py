"""The link keeps its head when a broker refuses, stays silent or talks nonsense; a scripted peer plays that broker."""

import pytest

from detector.domain import RejectReason
from tests.system.parties import Station
from tests.system.patience import wait_until
from tests.system.scripted_broker import DISCONNECT, ScriptedBroker, packet

NOT_AUTHORISED = 0x87


def test_a_topic_that_is_not_utf8_is_rejected_and_acknowledged() -> None:
    """A message whose topic isn't UTF-8 is counted as rejected and acknowledged; the stream goes on behind it."""
    odd = packet(0x32, b"\x00\x02a\xff" + b"\x00\x07" + b"\x00" + b"1")
    good = packet(0x32, b"\x00\x02ab" + b"\x00\x08" + b"\x00" + b"2")
    with ScriptedBroker(after_suback=odd + good).running() as broker, Station(broker.url, base=None) as station:
        assert [(message.topic, message.mid) for message in station.take(1)] == [("ab", 8)]
        counts = station.ledger.snapshot()
        assert (counts.rejected[RejectReason.NOT_UTF8], counts.messages, counts.balanced) == (1, 2, True)
        wait_until(lambda: (0x40, b"\x00\x07") in broker.received, "the acknowledgement")


def test_a_refused_subscription_is_reported_and_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    """A refused filter is named in the log; the link stays connected and asks again, and only then says it is ready."""
    codes = [NOT_AUTHORISED, 0x01]
    with ScriptedBroker(reason_codes=codes).running() as broker, Station(broker.url, base=None) as station:
        wait_until(lambda: "refused the subscription to 'plant/#': Not authorized" in caplog.text, "the report")
        assert station.link.connected
        station.wait_subscribed()


def test_a_takeover_is_explained(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that ends the connection because our client_id came again gets its reason into the log, with advice."""
    taken_over = packet(0xE0, b"\x8e\x00")
    with ScriptedBroker(after_suback=taken_over).running() as broker, Station(broker.url, base=None):
        wait_until(lambda: "Session taken over" in caplog.text, "the reason in the log")
        assert "give each daemon an mqtt.client_id of its own" in caplog.text


@pytest.mark.parametrize(
    ("code", "advice"),
    [(0x84, "set mqtt.protocol to '3.1.1'"), (0x85, "see mqtt.client_id"), (0x86, "see mqtt.username")],
)
def test_a_refused_connection_comes_with_advice(code: int, advice: str) -> None:
    """When the broker does not let us in, the reason says what to look at; the link keeps trying."""
    refused = packet(0x20, bytes([0x00, code, 0x00]))
    with ScriptedBroker(answer_to_connect=refused).running() as broker, Station(broker.url) as station:
        wait_until(lambda: advice in str(station.link.ended_because), "the advice")
        wait_until(lambda: len(broker.received) > 1, "another try")


def test_a_silent_server_is_given_up() -> None:
    """A server that takes the connection and never answers is given up after the connect timeout."""
    with ScriptedBroker(answer_to_connect=b"").running() as broker, Station(broker.url, connect_timeout=0.2) as station:
        wait_until(lambda: "did not answer within 0.2 s" in str(station.link.ended_because), "the timeout")
        assert not station.link.connected


@pytest.mark.parametrize(
    "nonsense", [b"\xff\xff\xff\xff\xff\xff", packet(0x32, b"\x00"), packet(0x40, b""), packet(0x90, b"")]
)
def test_nonsense_does_not_kill_the_link(nonsense: bytes) -> None:
    """Whatever a broker sends, the network thread lives on and connects again."""
    with ScriptedBroker(after_suback=nonsense).running() as broker, Station(broker.url, base=None) as station:
        wait_until(lambda: station.link.traffic.connections >= 2, "a second connection")
        assert station.link.alive


def test_a_server_that_falls_silent_is_left() -> None:
    """A broker that answers no more pings is given up after the keepalive, and looked for again."""
    with ScriptedBroker().running() as broker, Station(broker.url, base=None, keepalive=1.0) as station:
        station.wait_subscribed()
        wait_until(lambda: station.link.traffic.connections >= 2, "a second connection")
        assert "keepalive" in str(station.link.ended_because)


def test_a_stop_does_not_wait_longer_than_its_deadline(caplog: pytest.LogCaptureFixture) -> None:
    """When the broker confirms nothing, a stop gives up in time, says what is left, and leaves the last will standing."""
    with ScriptedBroker().running() as broker, Station(broker.url) as station:
        station.wait_subscribed()
        station.link.publish("detector/alerts/info/pump-1", "{}", 1, retain=False)
        station.link.stop(0.2)
        assert not station.link.alive
        assert "publications that no broker has confirmed" in caplog.text
        assert all(kind != DISCONNECT for kind, _ in broker.received)
