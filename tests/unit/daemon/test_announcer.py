"""Which states are published, and when."""

import json
from itertools import pairwise

from detector.clock import MonoTime, WallTime
from detector.daemon.announcer import AGAIN_PER_S, Announcer
from detector.domain import AlertKey, Stage
from detector.edge.channel_view import ChannelView
from detector.report import Report
from detector.settings import MqttAlertSettings
from tests.unit.edge.readings import reading, report

PUMP, STATE = ("pump-1", "temperature"), "detector/devices/pump-1/temperature/state"


class Desk:
    """An announcer whose publications are kept, and a clock that goes on only when told to."""

    def __init__(self) -> None:
        """Start with nothing published."""
        self.now = 0.0
        self.connected, self.unconfirmed = True, 0
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


def test_those_whose_rest_ends_together_do_not_go_out_together() -> None:
    """A thousand channels that were first heard in one moment are renewed a few in a turn, all of them before half of the next rest is over."""
    desk, devices, turn_s = Desk(), 1000, 0.01
    for second in range(2):
        desk.show(second, report(*(reading(f"d{n}", seconds=second) for n in range(devices))))
    desk.renew(9.99)
    sent = [len(desk.sent)]
    for turn in range(502):
        desk.renew(10 + turn * turn_s)
        sent.append(len(desk.sent))
    assert (sent[0], sent[-1]) == (devices, 2 * devices)
    assert max(after - before for before, after in pairwise(sent)) <= 3


def test_a_channel_that_turns_is_published_at_once() -> None:
    """When a channel becomes anomalous, or no longer is, that does not wait."""
    desk = Desk()
    for second, side in enumerate((0, 0, 1, 1, 0)):
        desk.show(second, report(reading(seconds=second, value=second), anomalous=side))
    assert desk.values == [0.0, 2.0, 4.0]


def test_what_changed_twice_in_one_turn_is_published_once() -> None:
    """Of a channel that several batches of a turn touched, what goes out is its last state, one time."""
    desk = Desk()
    both = [desk.view.show(report(reading(seconds=second, value=second))) for second in (0, 1)]
    for touched in both:
        desk.announcer.announce(touched)
    assert desk.values == [1.0]


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
    """An empty retained payload has the broker forget it, once there is one; what waited of it is not published any more."""
    desk = Desk()
    for second in range(2):
        desk.show(second, report(reading(seconds=second)))
    desk.renew(2)
    desk.connected = False
    desk.show(3, report(departed=[PUMP]))
    desk.renew(60)
    assert desk.sent[1:] == []
    desk.connected = True
    desk.renew(61)
    assert desk.sent[1:] == [(STATE, {}, 1, True)]


def test_a_channel_that_comes_again_keeps_its_state() -> None:
    """Let go and heard again before the broker was told, there is nothing to take back."""
    desk = Desk()
    desk.show(0, report(reading()))
    desk.renew(1)
    desk.show(2, report(reading(seconds=2, value=7.0), departed=[PUMP]))
    desk.renew(60)
    assert desk.values == [20.0, 7.0]
    assert desk.view.channels() == [PUMP]


def test_what_the_broker_has_from_before_the_start_is_put_right_by_and_by() -> None:
    """Once connected, the states of all that is known are published, so many a second, each once; what was let go is taken back."""
    before, desk = ChannelView(), Desk()
    count = AGAIN_PER_S + 10
    before.show(report(*(reading(f"d{n}", value=n) for n in range(count)), reading("gone")))
    before.show(report(departed=[("gone", "temperature")]))
    desk.view.restore(json.loads(json.dumps(before.freeze())), lambda _: 0)
    desk.connected = False
    desk.renew(0)
    assert desk.sent == []
    desk.connected = True
    desk.renew(1)
    desk.show(1, report(reading("d9", seconds=5, value=-1.0)))
    desk.renew(1.5)
    assert len(desk.sent) == 1 + AGAIN_PER_S // 2
    for second in (2, 3, 4, 5):
        desk.renew(second)
    assert [value for value in desk.values if value is not None] == [-1.0, *(n for n in range(count) if n != 9)]
    assert [topic for topic, payload, _, _ in desk.sent if not payload] == ["detector/devices/gone/temperature/state"]


def test_what_was_taken_back_is_forgotten_when_the_broker_has_answered() -> None:
    """Until then a snapshot remembers it, so that a crash in between leaves no state behind."""
    desk = Desk()
    desk.show(0, report(reading()))
    desk.renew(0)
    desk.show(1, report(departed=[PUMP]))
    desk.unconfirmed = 1
    for second in (2, 3):
        desk.renew(second)
    assert desk.view.freeze()["departures"] == [PUMP]
    desk.unconfirmed = 0
    desk.renew(4)
    assert desk.view.freeze()["departures"] == []
    assert len(desk.sent) == 2
