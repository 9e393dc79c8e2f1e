"""Devices are shown to Home Assistant as they come and taken away as they go, at a bounded pace."""

import json
from collections.abc import Iterable
from dataclasses import replace

from detector.daemon.discovery import LOOK_EVERY_S, PACE, Discovery
from detector.domain import AlertKey
from detector.edge.channel_view import ChannelView
from detector.edge.heard import GONE_AFTER_S
from detector.edge.home_assistant import Discoverable
from tests.unit.edge.journal.bench import Hand
from tests.unit.edge.readings import at, reading, report

WHAT = Discoverable("homeassistant", "detector", buttons=False)


class Room:
    """A view, a discovery, and what it published last on each topic."""

    def __init__(self) -> None:
        """Start empty."""
        self.view, self.clock = ChannelView(), Hand()
        self.births = 0
        self.retained: dict[str, bytes | str] = {}
        self.published = 0
        self.discovery = Discovery(WHAT, self.view, self, lambda: self.births, self.clock)

    def publish(self, topic: str, payload: bytes | str, qos: int, retain: bool, key: AlertKey | None) -> None:
        """Retain one message."""
        assert (qos, retain, key) == (1, True, None)
        self.published += 1
        self.retained[topic] = payload

    def hear(self, *devices: str, channels: Iterable[str] = ("flow",), seconds: float = 0.0) -> None:
        """Let devices speak."""
        self.view.show(report(*(reading(one, channel, seconds) for one in devices for channel in channels)))

    def turn(self, seconds: float = LOOK_EVERY_S) -> None:
        """Let time pass, and look."""
        self.clock.passed_s += seconds
        self.discovery.turn()

    def shown(self) -> dict[str, set[str]]:
        """Return the components of each device that is shown."""
        return {
            topic.split("/")[2]: set(json.loads(payload)["components"])
            for topic, payload in self.retained.items()
            if payload
        }


def test_a_device_is_shown_once_and_again_when_it_has_a_further_channel() -> None:
    """A new device is published once; a channel that comes later is added to it."""
    room = Room()
    room.hear("p1")
    room.turn()
    room.turn()
    assert room.shown() == {"detector_p1": {"flow_problem", "flow_score"}}
    assert room.published == 1
    room.hear("p1", channels=["heat"], seconds=1)
    room.turn()
    assert room.shown() == {"detector_p1": {"flow_problem", "flow_score", "heat_problem", "heat_score"}}


def test_a_device_that_is_gone_is_taken_away_and_comes_back() -> None:
    """With its states a device leaves Home Assistant as well; when it speaks again it is shown again."""
    room = Room()
    room.hear("p1")
    room.turn()
    room.view.show(report(tick=at(GONE_AFTER_S + 120)))
    room.turn()
    assert room.retained == {"homeassistant/device/detector_p1/config": b""}
    room.hear("p1", seconds=GONE_AFTER_S + 200)
    room.turn()
    assert set(room.shown()) == {"detector_p1"}


def test_a_device_that_went_while_we_were_away_is_taken_away_at_the_start() -> None:
    """What is known to be gone is taken away by a new process too, since the broker may have kept it."""
    room = Room()
    room.hear("p1")
    room.view.show(report(tick=at(GONE_AFTER_S + 120)))
    room.turn()
    room.turn()
    assert room.retained == {"homeassistant/device/detector_p1/config": b""}
    assert room.published == 1


def test_all_are_shown_again_when_it_comes_up() -> None:
    """Home Assistant that was restarted is told everything anew, at once."""
    room = Room()
    room.hear("p1", "p2")
    room.turn()
    room.births += 1
    room.turn(0.1)
    room.turn(0.1)
    assert room.published == 4


def test_many_devices_are_shown_at_a_bounded_pace() -> None:
    """A thousand devices take ten seconds, and none is forgotten."""
    room = Room()
    room.hear(*(f"p{number}" for number in range(1000)))
    for second in range(1, 11):
        for _ in range(10):
            room.turn(0.1)
        assert room.published <= (second + 1) * PACE
    room.turn()
    room.turn()
    assert len(room.shown()) == room.published == 1000


def test_what_is_switched_off_takes_all_away() -> None:
    """Without Home Assistant, or with another prefix, every device goes; with other buttons none does."""
    room = Room()
    room.hear("p1", "p2")
    room.turn()
    room.discovery.leave_for(replace(WHAT, buttons=True))
    assert set(room.shown()) == {"detector_p1", "detector_p2"}
    room.discovery.leave_for(replace(WHAT, prefix="other"))
    assert room.shown() == {}
    room.discovery.leave_for(None)
    assert room.published == 4


def test_a_device_that_was_let_go_for_want_of_room_is_taken_away() -> None:
    """Whoever was evicted leaves Home Assistant as well, and nobody else does."""
    room = Room()
    room.hear("p1", "p2")
    room.turn()
    room.view.show(report(departed=[("p1", "flow")]))
    room.turn()
    assert set(room.shown()) == {"detector_p2"}
    assert room.published == 3


def test_nothing_is_kept_of_a_device_that_was_let_go_and_taken_away() -> None:
    """Names that never come again do not fill the memory."""
    room = Room()
    for number in range(3):
        room.hear(f"p{number}", seconds=number)
        room.turn()
        room.view.show(report(departed=[(f"p{number}", "flow")]))
        room.turn()
        room.turn()
    assert room.shown() == {}
    assert not room.discovery._shown
    assert room.published == 6
