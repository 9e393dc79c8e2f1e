"""What Home Assistant is told of a device: in the form of one payload a device, with its own field names."""

import json
import re
from typing import Any

from detector.edge.home_assistant import Discoverable
from detector.edge.outbox import Publication

FIELDS = {
    "": {"device", "origin", "availability", "components"},
    "device": {"identifiers", "name", "manufacturer", "configuration_url"},
    "origin": {"name", "sw_version"},
    "binary_sensor": {
        *("platform", "unique_id", "name", "device_class", "state_topic", "value_template", "json_attributes_topic"),
    },
    "sensor": {"platform", "unique_id", "name", "state_class", "entity_category", "state_topic", "value_template"},
    "button": {"platform", "unique_id", "name", "entity_category", "command_topic", "payload_press"},
}
"""Of Home Assistant's names, those that we use."""


def told(device: str, *channels: str, buttons: bool = False, page: str | None = None) -> tuple[Publication, Any]:
    """Return what is published of a device, and its payload."""
    message = Discoverable("homeassistant", "detector", buttons, page).message(device, channels)
    return message, json.loads(message.payload)


def test_a_channel_is_a_problem_and_a_score() -> None:
    """Both are read from the channel's retained state, and known by ids of their own."""
    message, said = told("pump-7", "bearing_temp")
    assert message[0] == "homeassistant/device/detector_pump-7/config"
    assert (message.qos, message.retain) == (1, True)
    assert said["components"] == {
        "bearing_temp_problem": {
            "platform": "binary_sensor",
            "device_class": "problem",
            "unique_id": "detector_pump-7_bearing_temp_problem",
            "name": "bearing_temp anomaly",
            "state_topic": "detector/devices/pump-7/bearing_temp/state",
            "value_template": "{{ 'ON' if value_json.verdict else 'OFF' }}",
            "json_attributes_topic": "detector/devices/pump-7/bearing_temp/state",
        },
        "bearing_temp_score": {
            "platform": "sensor",
            "unique_id": "detector_pump-7_bearing_temp_score",
            "name": "bearing_temp anomaly score",
            "state_class": "measurement",
            "entity_category": "diagnostic",
            "state_topic": "detector/devices/pump-7/bearing_temp/state",
            "value_template": "{{ value_json.score }}",
        },
    }
    assert said["device"]["identifiers"] == ["detector_pump-7"]
    assert said["availability"] == [{"topic": "detector/status"}]


def test_buttons_give_commands() -> None:
    """Each button publishes a word on a command topic of its device."""
    _, said = told("pump 7/a", "flow", buttons=True)
    commands = {
        (part["command_topic"], part["payload_press"])
        for part in said["components"].values()
        if part["platform"] == "button"
    }
    assert commands == {
        ("detector/devices/pump 7_a/set/feedback", "false_alarm"),
        ("detector/devices/pump 7_a/set/feedback", "confirm"),
        ("detector/devices/pump 7_a/set/ack", "ack"),
    }


def test_every_field_is_one_that_it_knows() -> None:
    """No field has a name that Home Assistant would pass over."""
    _, said = told("pump-7", "flow", "heat", buttons=True, page="http://page")
    assert set(said) == FIELDS[""]
    assert set(said["device"]) == FIELDS["device"]
    assert set(said["origin"]) == FIELDS["origin"]
    for part in said["components"].values():
        assert set(part) == FIELDS[part["platform"]]


def test_names_of_all_kinds_have_topics_and_ids_that_fit_and_differ() -> None:
    """Topics hold nothing but letters, digits, hyphens and underscores; no two devices or channels share one."""
    names = ["a b", "a_b", "a/b", "ä", "ö", "a+b", "a#b"]
    topics = {told(name, "flow")[0].topic for name in names}
    ids = {part["unique_id"] for part in told("p", *names)[1]["components"].values()}
    assert len(topics) == len(names)
    assert len(ids) == 2 * len(names)
    assert all(re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", topic) for topic in topics)


def test_a_device_without_channels_is_taken_away() -> None:
    """An empty retained message removes the device and what the broker kept of it."""
    message = Discoverable("homeassistant", "detector", buttons=True).message("pump-7", ())
    assert message == Publication("homeassistant/device/detector_pump-7/config", b"", qos=1, retain=True)
