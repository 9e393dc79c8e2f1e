"""What passes through the link in both directions: counted, acknowledged, confirmed, or given up and counted."""

import json

import pytest

from detector.domain import AlertKey, DropReason, EventTime, Severity, Transition
from detector.edge.sinks import Answer
from detector.settings import InboxSettings
from detector.settings.mqtt import Overflow
from tests.system.broker import Broker
from tests.system.parties import Station, Witness
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto", "mosquitto_passwd")


def key(number: int) -> AlertKey:
    """Return what an event is known by."""
    return AlertKey("an episode", Transition.UPDATED, EventTime(number), Severity.WARNING)


def test_our_own_topics_are_never_consumed(broker: Broker) -> None:
    """Even subscribed to everything, the link passes on nothing from under its own base topic, nor counts it."""
    with Station(broker.url, filters=["#"]) as station, Witness(broker.port) as witness:
        station.wait_subscribed()
        station.link.publish("detector/alerts/warning/pump-1", "{}", 1, retain=False)
        witness.publish("detector", "base itself")
        witness.publish("detectors/pump-1", "a neighbour")
        assert [message.topic for message in station.take(1)] == ["detectors/pump-1"]
        assert station.ledger.snapshot().messages == 1


@pytest.mark.parametrize(
    ("overflow", "kept"), [(Overflow.DROP_OLDEST, [b"8", b"9"]), (Overflow.DROP_NEWEST, [b"0", b"1"])]
)
def test_a_full_inbox_drops_counts_and_goes_on(broker: Broker, overflow: Overflow, kept: list[bytes]) -> None:
    """What a full inbox gives up is counted and acknowledged, so that the broker goes on sending."""
    inbox = InboxSettings(max_messages=2, overflow=overflow)
    with Station(broker.url, inbox=inbox, receive_maximum=3) as station, Witness(broker.port) as witness:
        station.wait_subscribed()
        witness.publish("plant/pump-1/telemetry", *"0123456789")
        wait_until(lambda: station.ledger.snapshot().messages == 10, "ten messages in spite of a window of three")
        counts = station.ledger.snapshot()
        assert (counts.dropped[DropReason.INBOX_FULL], counts.pending, counts.balanced) == (8, 2, True)
        assert [message.payload for message in station.take(2)] == kept


def test_the_retained_flag_is_passed_on(broker: Broker) -> None:
    """A message that was retained, and so may be old, is marked; one that just happened is not."""
    with Witness(broker.port) as witness:
        witness.publish("plant/pump-1/telemetry", "old", retain=True)
        with Station(broker.url) as station:
            station.wait_subscribed()
            witness.publish("plant/pump-2/telemetry", "new")
            assert [(message.payload, message.retain) for message in station.take(2)] == [
                (b"old", True),
                (b"new", False),
            ]


def test_retained_messages_do_not_come_again_with_every_reconnection(broker: Broker) -> None:
    """In a session that goes on, a retained message comes once, not with every new subscription."""
    with Witness(broker.port) as witness, Station(broker.url) as station:
        witness.publish("plant/pump-1/telemetry", "old", retain=True)
        station.acknowledge(station.take(1))
        station.wait_subscribed()
        # the broker answers in order: once it has this, it has the acknowledgement as well
        station.link.publish("elsewhere", "said", qos=1, retain=False)
        wait_until(lambda: station.link.unconfirmed == 0, "the acknowledgement to arrive")
        broker.stop()
        wait_until(lambda: not station.link.connected, "the loss to be noticed")
        broker.start()
        station.wait_subscribed()
        assert len(station.inbox) == 0


def test_alerts_wait_for_the_broker_and_states_only_by_their_newest(broker: Broker) -> None:
    """What is published while away arrives after the reconnection: every alert in order, of a state the newest."""
    with Station(broker.url, reconnect_max=0.1) as station:
        station.wait_subscribed()
        broker.stop()
        wait_until(lambda: not station.link.connected, "the loss to be noticed")
        for number in range(3):
            station.link.publish("detector/devices/pump-1/level/state", json.dumps(number), 1, retain=True)
        for number in range(200):
            station.link.publish("detector/alerts/warning/pump-1", json.dumps(number), 1, retain=False, key=key(number))
        assert station.link.unconfirmed == 201
        broker.start()
        wait_until(lambda: not station.link.unconfirmed, "everything to be confirmed")
        assert station.link.answers() == [Answer(key(number)) for number in range(200)]
    with Witness(broker.port, "detector/devices/#") as witness:
        assert witness.hear() == ("detector/devices/pump-1/level/state", "2", True)


def test_alerts_are_heard_in_order_and_not_retained(broker: Broker) -> None:
    """A subscriber hears alerts in the order in which they were published."""
    with Station(broker.url) as station, Witness(broker.port, "detector/alerts/#") as witness:
        for number in range(300):
            station.link.publish("detector/alerts/warning/pump-1", str(number), 1, retain=False)
        assert [int(witness.hear()[1]) for _ in range(300)] == list(range(300))
    with Station(broker.url) as station, Witness(broker.port, "detector/#") as witness:
        assert witness.hear()[0] == "detector/status"


def test_a_forbidden_alert_is_answered_with_the_reason() -> None:
    """By MQTT 5, whoever published what the access rules forbid is told so; it may be allowed another time."""
    rules = "user detector\ntopic read plant/#\ntopic write detector/status\n"
    with (
        Broker(users={"detector": "s3cret"}, rules=rules) as broker,
        Station(broker.url, username="detector", password="s3cret") as station,
    ):
        station.link.publish("detector/alerts/warning/pump-1", "{}", 1, retain=False, key=key(1))
        wait_until(lambda: not station.link.unconfirmed, "the broker's answer")
        fault = "not published on 'detector/alerts/warning/pump-1': the broker says: Not authorized"
        assert station.link.answers() == [Answer(key(1), fault)]


def test_an_impossible_topic_is_hopeless(broker: Broker) -> None:
    """A publication on a topic with a wildcard is given up for good; those behind it go out."""
    with Station(broker.url) as station, Witness(broker.port, "detector/alerts/#") as witness:
        station.link.publish("detector/alerts/+/pump-1", "{}", 1, retain=False, key=key(1))
        station.link.publish("detector/alerts/info/pump-1", "{}", 1, retain=False)
        assert witness.hear()[0] == "detector/alerts/info/pump-1"
        assert [(answer.key, answer.hopeless) for answer in station.link.answers()] == [(key(1), True)]


def test_qos_0_is_sent_at_once_and_not_kept(broker: Broker) -> None:
    """QoS 0 is sent while connected, and given up aloud while not."""
    with Station(broker.url) as station, Witness(broker.port, "detector/alerts/#") as witness:
        station.wait_subscribed()
        station.link.publish("detector/alerts/info/pump-1", "{}", 0, retain=False)
        assert witness.hear()[0] == "detector/alerts/info/pump-1"
        station.link.stop(5.0)
        station.link.publish("detector/alerts/info/pump-1", "{}", 0, retain=False, key=key(1))
        assert ([answer.key for answer in station.link.answers()], station.link.unconfirmed) == ([key(1)], 0)


def test_a_shutdown_leaves_the_rest_at_the_broker(broker: Broker) -> None:
    """After stop_receiving messages are neither counted nor acknowledged, and come with the next start."""
    with Witness(broker.port) as witness:
        with Station(broker.url) as station:
            station.wait_subscribed()
            station.link.stop_receiving()
            witness.publish("plant/pump-1/telemetry", "late")
            station.link.publish("detector/alerts/info/pump-1", "{}", 1, retain=False)
            wait_until(lambda: not station.link.unconfirmed, "the last publication to be confirmed")
            assert station.ledger.snapshot().messages == 0
        with Station(broker.url) as station:
            assert [message.payload for message in station.take(1)] == [b"late"]


def test_a_link_may_publish_alone(broker: Broker) -> None:
    """Without filters the link is ready once it is connected, and publishes."""
    with Station(broker.url, filters=[]) as station, Witness(broker.port, "detector/alerts/#") as witness:
        station.wait_subscribed()
        station.link.publish("detector/alerts/info/pump-1", b"{}", 1, retain=False)
        assert witness.hear()[0] == "detector/alerts/info/pump-1"
