"""The plant that fuzzed payloads are sent from: one entry for each format and each format of timestamps, with small limits.

In: nothing. Out: a configuration, and for every entry how a good topic and a good payload of it look.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple

from detector.domain import MICROSECONDS, EventTime
from detector.settings import Settings

CHANNELS = {"temperature": {"unit": "°C", "range": [-20, 120]}, "vibration": {"field": "vib.rms"}, "flow": {}}


def _sensors() -> list[dict[str, Any]]:
    """Return the entries of the configuration."""
    stamped = [
        {
            "name": name,
            "topics": [f"{name}/{{site}}/{{device}}/telemetry"],
            "timestamp": {"field": "meta.ts", "format": name},
            "channels": CHANNELS,
        }
        for name in ("unix", "unix_ms", "unix_us", "unix_ns", "iso8601")
    ]
    return [
        *stamped,
        {"name": "auto", "topics": ["auto/{device}"], "timestamp": {"field": "ts", "format": "unix"}},
        {"name": "arrival", "topics": ["arrival/{device}/#"], "group": "none"},
        {"name": "values", "topics": ["values/{device}/{channel}"], "format": "value"},
        {"name": "single", "topics": ["single/{device}"], "format": "value", "channels": {"level": {"direction": "above"}}},
        {"name": "named", "topics": ["named/{device}/{channel}"], "channels": {"a": {"field": "value"}, "b": {"field": "b.0"}}},
        {"name": "some", "topics": ["some/{device}"], "devices": "pump-*"},
    ]  # fmt: skip


PLANT = Settings.model_validate(
    {
        "sensors": _sensors(),
        "engine": {"max_devices": 120, "max_channels": 12, "max_total_channels": 1000, "memory": 86400.0},
        "mqtt": {"inbox": {"max_messages": 4000, "max_size": 2**23, "overflow": "drop_oldest", "max_payload": 2**16}},
    }
)
"""Limits are so small that floods of devices, channels and messages meet them."""


class Good(NamedTuple):
    """A message as a healthy device sends it."""

    topic: str
    payload: bytes


Template = Callable[[Random, str, EventTime], Good]
"""Makes a good message of a device at a moment."""


def _value(random: Random) -> float:
    """Return a measured value."""
    return round(random.gauss(20.0, 2.0), 3)


def _stamp(form: str, at: EventTime) -> float | str:
    """Return a moment as a payload states it."""
    scales = {"unix": MICROSECONDS, "unix_ms": 1000, "unix_us": 1}
    if form == "iso8601":
        return datetime.fromtimestamp(at / MICROSECONDS, UTC).isoformat()
    return at * 1000 if form == "unix_ns" else at / scales[form] if form != "unix_us" else at


def _json(topic: str, document: Any) -> Good:
    """Return a message with a JSON payload."""
    return Good(topic, json.dumps(document).encode())


def _stamped(form: str) -> Template:
    """Return what makes payloads with configured channels and this format of timestamps."""

    def make(random: Random, device: str, at: EventTime) -> Good:
        channels = {"temperature": _value(random), "vib": {"rms": _value(random)}, "flow": _value(random)}
        return _json(f"{form}/north/{device}/telemetry", {"meta": {"ts": _stamp(form, at)}, **channels})

    return make


TEMPLATES: tuple[Template, ...] = (
    *map(_stamped, ("unix", "unix_ms", "unix_us", "unix_ns", "iso8601")),
    lambda random, device, at: _json(
        f"auto/{device}", {"ts": at / MICROSECONDS, "a": _value(random), "b": {"c": [_value(random)]}}
    ),
    lambda random, device, _: _json(f"arrival/{device}/x", [_value(random), {"y": _value(random)}]),
    lambda random, device, _: Good(f"values/{device}/power", str(_value(random)).encode()),
    lambda random, device, _: Good(f"single/{device}", f" {_value(random):e}\n".encode()),
    lambda random, device, _: _json(f"named/{device}/{random.choice('ab')}", {"value": _value(random), "b": [_value(random)]}),
    lambda random, device, _: _json(f"some/{device}", {"on": True, "state": "ok", "level": _value(random)}),
)  # fmt: skip
"""One for each entry."""
