"""The door: what of our own base topic is heard, and what stays outside."""

import pytest
from paho.mqtt.client import topic_matches_sub

from detector.edge.command import MAX_PAYLOAD
from detector.edge.mqtt import result_topic
from detector.edge.mqtt.door import WAITING, Asked, Door, commands_filter

BASE = "site/detector"


@pytest.mark.parametrize("topic", ["ack", "feedback", "maintenance"])
def test_commands_are_heard_in_order(topic: str) -> None:
    """Each once, with the level that names its device."""
    door = Door(BASE)
    for payload in (b"1", b"2"):
        door.hear(f"{BASE}/devices/pump 1/set/{topic}", payload, retained=False)
    assert door.take() == [Asked("pump 1", topic, b"1"), Asked("pump 1", topic, b"2")]
    assert door.take() == []


@pytest.mark.parametrize(
    "topic",
    [
        f"{BASE}/devices/p1/set/state",  # of a channel that is called "set"
        f"{BASE}/devices/p1/set/ack/result",
        f"{BASE}/devices/p1/get/ack",
        f"{BASE}/devices/set/ack",
        f"{BASE}/status",
        f"{BASE}",
        "detector/devices/p1/set/ack",
        f"{BASE}s/devices/p1/set/ack",
    ],
)
def test_what_we_say_ourselves_is_not_heard(topic: str) -> None:
    """States, results, alerts and the topics of others are no commands."""
    door = Door(BASE)
    door.hear(topic, b"ack", retained=False)
    assert door.take() == []


def test_a_retained_command_is_ignored_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """It would be given again at every start."""
    door = Door(BASE)
    door.hear(f"{BASE}/devices/p1/set/ack", b"", retained=True)
    assert door.take() == []
    assert "retained" in caplog.text


def test_it_holds_so_much_and_no_more() -> None:
    """Commands beyond the bound are not taken, and of a long one no more is kept than shows that it is too long."""
    door = Door(BASE)
    for _ in range(WAITING + 5):
        door.hear(f"{BASE}/devices/p1/set/ack", b"x" * 10 * MAX_PAYLOAD, retained=False)
    taken = door.take()
    assert len(taken) == WAITING
    assert {len(asked.payload) for asked in taken} == {MAX_PAYLOAD + 1}


def test_the_filter_never_matches_an_answer() -> None:
    """What we say of a command is a level deeper than what we subscribe to."""
    asked = Asked("p1", "ack", b"")
    assert topic_matches_sub(commands_filter(BASE), f"{BASE}/devices/{asked.device}/set/{asked.topic}")
    assert not topic_matches_sub(commands_filter(BASE), result_topic(BASE, asked))
