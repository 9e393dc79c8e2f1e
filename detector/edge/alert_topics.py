"""What we say on MQTT: the topics and payloads of alerts, channel states and our own status.

In: alert events and channel states. Out: publications; the field names are a contract. Nothing is sent here.
"""

import math
import re

import orjson

from detector.domain import AlertEvent
from detector.edge.channel_state import ChannelState
from detector.edge.outbox import Publication
from detector.stream.names import NO_CHARACTERS
from detector.stream.timestamp import format_event_time

_UNFIT = re.compile(rf"[+#/\x00-\x1f\x7f-\x9f{NO_CHARACTERS}]|^\$")
"""What no level of a topic may hold: wildcards, separators, control characters, what is no character; nor `$` in front."""


def topic_level(name: str) -> str:
    """Return a device or channel name as one level of a topic."""
    return _UNFIT.sub("_", name) or "_"


def status_topic(base: str) -> str:
    """Return where we say `online` and the broker, on our behalf, `offline`."""
    return f"{base}/status"


def state_topic(base: str, device: str, channel: str) -> str:
    """Return where the state of a channel is retained."""
    return f"{base}/devices/{topic_level(device)}/{topic_level(channel)}/state"


def alert_json(event: AlertEvent) -> dict[str, str | float | None]:
    """Return an alert event as the JSON object of the contract: times as ISO 8601 in UTC, numbers finite or null."""
    return {
        "id": event.id,
        "event": event.event.value,
        "at": format_event_time(event.at),
        "onset": format_event_time(event.onset),
        "device": event.device,
        "channel": event.channel,
        "verdict": event.verdict.value,
        "kind": event.kind.value,
        "severity": event.severity.value,
        "score": _finite(event.score),
        "value": _finite(event.value),
        "expected": _finite(event.expected),
        "lower": _finite(event.lower),
        "upper": _finite(event.upper),
        "unit": event.unit,
        "summary": event.summary,
    }


def alert_message(base: str, event: AlertEvent) -> Publication:
    """Return the publication of one transition: QoS 1, not retained."""
    topic = f"{base}/alerts/{event.severity.value}/{topic_level(event.device)}"
    return Publication(topic, orjson.dumps(alert_json(event)), qos=1, retain=False, key=event.key)


def state_message(base: str, channel: ChannelState) -> Publication:
    """Return the retained state of a channel: what isn't known is null, `anomalous` is 0 until the channel is scored."""
    state = {
        "value": channel.value,
        "expected": _finite(channel.expected),
        "lower": _finite(channel.lower),
        "upper": _finite(channel.upper),
        "score": _finite(channel.score),
        "anomalous": channel.anomalous,
        "verdict": None if channel.verdict is None else channel.verdict.value,
        "since": format_event_time(channel.since),
    }
    return Publication(state_topic(base, channel.device, channel.channel), orjson.dumps(state), qos=1, retain=True)


def no_state_message(base: str, device: str, channel: str) -> Publication:
    """Return what has the broker forget the retained state of a channel."""
    return Publication(state_topic(base, device, channel), b"", qos=1, retain=True)


def _finite(number: float | None) -> float | None:
    """Return a number that JSON can hold, or None."""
    return None if number is None or not math.isfinite(number) else float(number)
