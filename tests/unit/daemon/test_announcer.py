"""Which states are published, and when."""

import json

from detector.clock import MonoTime, WallTime
from detector.daemon.announcer import Announcer
from detector.domain import AlertKey, Stage
from detector.edge.channel_view import ChannelView
from detector.report import Report
from detector.settings import MqttAlertSettings
from tests.unit.edge.readings import reading, report


class Desk:
    """An announcer whose publications are kept, and a clock that goes on only when told to."""

    def __init__(self) -> None:
        """Start with nothing published."""
        self.now = 0.0
        self.sent: list[tuple[str, dict[str, object], int, bool]] = []
        self.view = ChannelView()
        self.announcer = Announcer(MqttAlertSettings(state_every=10.0), self.view, self, self)

    def wall(self) -> WallTime:
        """Return the wall time."""
        return WallTime(self.now)

    def mono(self) -> MonoTime:
        """Return the monotonic time."""
        return MonoTime(self.now)

    def publish(self, topic: str, payload: bytes | str, qos: int, retain: bool, key: AlertKey | None) -> None:
        """Keep a publication."""
        self.sent.append((topic, json.loads(payload) if payload else {}, qos, retain))

    def show(self, seconds: float, made: Report) -> None:
        """Let a report come at some second."""
        self.now = seconds
        self.announcer.announce(self.view.show(made))

    def renew(self, seconds: float) -> None:
        """Let the loop turn at some second."""
        self.now = seconds
        self.announcer.renew()

    @property
    def values(self) -> list[object]:
        """The values of the states that were published."""
        return [payload.get("value") for topic, payload, _, _ in self.sent if topic.endswith("/state")]


def test_a_state_is_published_at_most_so_often() -> None:
    """A steady channel is published at once, then at most every ten seconds, with its last value then."""
    desk = Desk()
    for second in range(25):
        desk.renew(second)
        desk.show(second, report(reading(seconds=second, value=second)))
    assert desk.values == [0.0, 9.0, 19.0]


def test_what_is_retained_is_the_last_there_was() -> None:
    """A channel that falls silent while it rests is published once more, with its last value; then no more."""
    desk = Desk()
    for second in range(4):
        desk.show(second, report(reading(seconds=second, value=second)))
    for second in (9, 10, 30, 60):
        desk.renew(second)
    assert desk.values == [0.0, 3.0]


def test_a_channel_that_turns_is_published_at_once() -> None:
    """When a channel becomes anomalous, or no longer is, that does not wait."""
    desk = Desk()
    for second, side in enumerate((0, 0, 1, 1, 0)):
        desk.show(second, report(reading(seconds=second, value=second), anomalous=side))
    assert desk.values == [0.0, 2.0, 4.0]


def test_the_state_says_null_for_what_is_not_known() -> None:
    """While a channel warms up its state has null for forecast and score."""
    desk = Desk()
    desk.show(0, report(reading(value=20.5), stage=Stage.WARMING_UP))
    ((topic, payload, _, _),) = desk.sent
    assert topic == "detector/devices/pump-1/temperature/state"
    assert payload == {
        "value": 20.5,
        "expected": None,
        "lower": None,
        "upper": None,
        "score": None,
        "anomalous": 0,
        "verdict": None,
        "since": "2023-11-14T22:13:20Z",
    }


def test_the_state_of_a_channel_that_was_let_go_is_taken_back() -> None:
    """An empty retained payload has the broker forget it; what waited of it is not published any more."""
    desk = Desk()
    for second in range(2):
        desk.show(second, report(reading(seconds=second)))
    desk.show(3, report(departed=[("pump-1", "temperature")]))
    desk.renew(60)
    assert desk.sent[1:] == [("detector/devices/pump-1/temperature/state", {}, 1, True)]
