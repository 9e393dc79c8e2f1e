"""What Home Assistant finds on a real broker: devices whose every topic is one that the daemon uses, in templates that hold."""

import json
import signal
import time
from collections.abc import Mapping
from typing import Any

import jinja2
import pytest

from tests.system.alarms import SENSORS, alarm, pumps
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.parties import Witness
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto")

ON = "alerts: {mqtt: {commands: true}, home_assistant: {}}"


class House(Witness):
    """Listens to everything, and keeps the last message of each topic, as Home Assistant does."""

    def __init__(self, port: int) -> None:
        """Listen to discovery and to what we publish."""
        super().__init__(port, "homeassistant/device/#", "detector/#")
        self.last: dict[str, str] = {}

    def look(self) -> Mapping[str, str]:
        """Take in what has come."""
        while not self._heard.empty():
            topic, payload, _ = self.hear()
            self.last[topic] = payload
        return self.last

    def found(self) -> dict[str, Any]:
        """Return the payload of each device that is shown."""
        return {
            topic: json.loads(payload)
            for topic, payload in self.look().items()
            if topic.startswith("homeassistant/") and payload
        }

    def until_said(self, topic: str) -> str:
        """Wait until something was said on a topic, and return the last of it."""
        wait_until(lambda: topic in self.look(), topic)
        return self.last[topic]

    def until_found(self, count: int) -> dict[str, Any]:
        """Wait until so many devices are shown."""
        wait_until(lambda: len(self.found()) == count, f"{count} devices in Home Assistant")
        return self.found()


def shows(house: House, part: Mapping[str, Any]) -> str:
    """Return what a component shows: its template, filled in from the last payload of its topic."""
    words = json.loads(house.look()[part["state_topic"]])
    return str(jinja2.Template(part["value_template"], undefined=jinja2.StrictUndefined).render(value_json=words))


def test_every_topic_and_template_holds_of_what_the_daemon_publishes(broker: Broker) -> None:
    """A problem is on for the pump that alerts and off for the other; scores, availability and commands have their topics."""
    with DaemonProcess(broker.url, ON, SENSORS) as daemon, House(broker.port) as house:
        daemon.until_ready()
        alarm(house, pumps(1))
        house.publish("plant/a/pump 2/telemetry", json.dumps({"ts": int(time.time()), "flow": 50.0}))
        found = house.until_found(2)
        parts = [part for device in found.values() for part in device["components"].values()]
        wait_until(
            lambda: all(part["state_topic"] in house.look() for part in parts if "state_topic" in part), "every state"
        )
        ill = found["homeassistant/device/detector_pump-0001/config"]
        well = next(device for topic, device in found.items() if "pump-0001" not in topic)
        wait_until(lambda: shows(house, ill["components"]["flow_problem"]) == "ON", "the problem shows")
        assert shows(house, well["components"]["flow_problem"]) == "OFF"
        assert shows(house, well["components"]["flow_score"]) == "None"  # what Home Assistant shows as unknown
        assert {topic["topic"] for device in found.values() for topic in device["availability"]} == {"detector/status"}
        assert house.look()["detector/status"] == "online"
        commands = {part["command_topic"] for part in well["components"].values() if part["platform"] == "button"}
        assert commands == {"detector/devices/pump 2/set/feedback", "detector/devices/pump 2/set/ack"}
        assert len({part["unique_id"] for part in parts}) == len(parts)
        assert daemon.scrape().balance == 0


def test_what_a_button_sends_is_a_command_that_is_answered(broker: Broker) -> None:
    """Each button's payload on its topic is understood by the daemon, which answers on the topic beside it."""
    with DaemonProcess(broker.url, ON, SENSORS) as daemon, House(broker.port) as house:
        daemon.until_ready()
        alarm(house, pumps(1))
        (device,) = house.until_found(1).values()
        buttons = [part for part in device["components"].values() if part["platform"] == "button"]
        assert len(buttons) == 3
        for part in buttons:
            result = f"{part['command_topic']}/result"
            house.last.pop(result, None)
            house.publish(part["command_topic"], part["payload_press"])
            assert json.loads(house.until_said(result))["alert"] is not None


def test_it_is_told_again_when_it_comes_up_and_finds_all_that_was_kept(broker: Broker) -> None:
    """Whoever comes late is given the retained messages; a birth brings all of them anew, and is no reading."""
    with DaemonProcess(broker.url, ON, SENSORS) as daemon, House(broker.port) as house:
        daemon.until_ready()
        alarm(house, pumps(1, 2))
        house.until_found(2)
        with House(broker.port) as late:
            late.until_found(2)
        house.last.clear()
        house.publish("homeassistant/status", "online")
        house.until_found(2)
        scrape = daemon.scrape()
        assert scrape.total("detector_readings_received_total") == 2
        assert scrape.total("detector_readings_rejected_total") == 0


def test_what_is_switched_off_leaves_it(broker: Broker) -> None:
    """A reload without Home Assistant takes every device away from the broker; one with it brings them back."""
    with DaemonProcess(broker.url, ON, SENSORS) as daemon, House(broker.port) as house:
        daemon.until_ready()
        alarm(house, pumps(1, 2))
        house.until_found(2)
        daemon.edit(ON, "alerts: {mqtt: {commands: true}, home_assistant: null}")
        daemon.send(signal.SIGHUP)
        house.until_found(0)
        daemon.edit("alerts: {mqtt: {commands: true}, home_assistant: null}", ON)
        daemon.send(signal.SIGHUP)
        house.until_found(2)


def test_a_reload_that_does_not_concern_it_tells_it_nothing(broker: Broker) -> None:
    """Whoever changes a receiver or an hour has neither the devices nor the states of the whole fleet published anew."""
    with DaemonProcess(broker.url, ON, SENSORS) as daemon, House(broker.port) as house:
        daemon.until_ready()
        alarm(house, pumps(1, 2))
        house.until_found(2)
        for pump in pumps(1, 2):
            house.until_said(f"detector/devices/{pump}/flow/state")
        daemon.edit("home_assistant: {}", "home_assistant: {}, time_zone: Europe/Berlin")
        house.last.clear()
        assert daemon.request("/-/reload", "POST").status == 200
        assert "changed: alerts.time_zone" in daemon.log
        alarm(house, pumps(3))
        house.until_said("homeassistant/device/detector_pump-0003/config")  # those shown anew would have come before
        assert {topic for topic in house.last if "pump-0003" not in topic} == set()


def test_a_device_that_departs_leaves_it(broker: Broker) -> None:
    """A pump that is not heard for hours, while others are, is taken away."""
    with DaemonProcess(broker.url, ON, SENSORS) as daemon, House(broker.port) as house:
        daemon.until_ready()
        began = int(time.time()) - 3 * 3600
        house.publish("plant/a/old/telemetry", json.dumps({"ts": began, "flow": 50.0}))
        house.publish("plant/a/new/telemetry", json.dumps({"ts": began, "flow": 50.0}))
        house.until_found(2)
        for minute in range(0, 180, 5):
            house.publish("plant/a/new/telemetry", json.dumps({"ts": began + 60 * minute + 1, "flow": 50.0 + minute}))
        assert list(house.until_found(1)) == ["homeassistant/device/detector_new/config"]
