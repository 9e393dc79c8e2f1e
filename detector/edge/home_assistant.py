"""What Home Assistant is told, so that it shows our devices by itself: one retained message a device.

In: a device, its channels. Out: publications; nothing is sent here. Every channel is a `problem` and a score, read from its retained
state; whether we are there is read from our status. States bear no expiry: a device that falls silent is a problem that has to be
seen, and an expiry would hide it as `unavailable`; that we are gone, the last will says.
Source: Home Assistant's MQTT discovery, the form with one payload a device.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from detector import __version__
from detector.edge.alert_topics import state_topic, status_topic, topic_level
from detector.edge.outbox import Publication

BORN: Final = b"online"
"""What Home Assistant says on its status topic once it is there."""

PROBLEM: Final = "{{ 'ON' if value_json.verdict else 'OFF' }}"
SCORE: Final = "{{ value_json.score }}"

BUTTONS: Final = (
    ("false_alarm", "Last alert was a false alarm", "feedback", "false_alarm"),
    ("confirm", "Last alert was right", "feedback", "confirm"),
    ("acknowledge", "Acknowledge", "ack", "ack"),
)
"""Key, name, last level of the command's topic, and payload."""


@dataclass(frozen=True, slots=True)
class Discoverable:
    """What all devices have in common."""

    prefix: str
    """First level of Home Assistant's discovery topics."""
    base_topic: str
    """First level of ours."""
    buttons: bool
    """Whether commands are taken over MQTT."""
    page: str | None = None
    """Where people reach our page."""

    @property
    def birth_topic(self) -> str:
        """Return where Home Assistant says that it has come up."""
        return f"{self.prefix}/status"

    def message(self, device: str, channels: Sequence[str]) -> Publication:
        """Return the message that shows a device with these channels; with none, the one that takes it away."""
        name = _identifier(f"{self.base_topic}_{device}")
        payload = orjson.dumps(self._device(name, device, channels)) if channels else b""
        return Publication(f"{self.prefix}/device/{name}/config", payload, qos=1, retain=True)

    def _device(self, name: str, device: str, channels: Sequence[str]) -> dict[str, Any]:
        """Return a device with its channels and buttons."""
        page = {} if self.page is None else {"configuration_url": self.page}
        components = {key: part for channel in channels for key, part in self._channel(name, device, channel)}
        if self.buttons:
            components |= {key: self._button(name, device, *rest) for key, *rest in BUTTONS}
        return {
            "device": {"identifiers": [name], "name": device, "manufacturer": "detector", **page},
            "origin": {"name": "detector", "sw_version": __version__},
            "availability": [{"topic": status_topic(self.base_topic)}],
            "components": components,
        }

    def _channel(self, name: str, device: str, channel: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the two components of a channel, by their keys."""
        key, topic = _identifier(channel), state_topic(self.base_topic, device, channel)
        problem = {
            "platform": "binary_sensor",
            "device_class": "problem",
            "unique_id": f"{name}_{key}_problem",
            "name": f"{channel} anomaly",
            "state_topic": topic,
            "value_template": PROBLEM,
            "json_attributes_topic": topic,
        }
        score = {
            "platform": "sensor",
            "unique_id": f"{name}_{key}_score",
            "name": f"{channel} anomaly score",
            "state_class": "measurement",
            "entity_category": "diagnostic",
            "state_topic": topic,
            "value_template": SCORE,
        }
        return [(f"{key}_problem", problem), (f"{key}_score", score)]

    def _button(self, name: str, device: str, words: str, command: str, payload: str) -> dict[str, Any]:
        """Return a button that gives a command."""
        return {
            "platform": "button",
            "unique_id": f"{name}_{command}_{payload}",
            "name": words,
            "entity_category": "config",
            "command_topic": f"{self.base_topic}/devices/{topic_level(device)}/set/{command}",
            "payload_press": payload,
        }


def _identifier(name: str) -> str:
    """Return a name of letters, digits, hyphens and underscores, which is all that discovery topics may hold; no two become one."""
    fit = re.sub(r"[^a-zA-Z0-9_-]", "_", name)
    return fit if fit == name else f"{fit}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
