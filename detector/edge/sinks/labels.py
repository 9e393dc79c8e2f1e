"""Alert events in the words of Alertmanager: what identifies one, and what is said of it.

In: an alert event. Out: labels, which hold nothing that changes while the alert lasts, severity aside; annotations, which may.
"""

from typing import Final

from detector.domain import MICROSECONDS, AlertEvent, EventTime, Kind, Verdict
from detector.edge.alert_topics import alert_json
from detector.stream.timestamp import format_event_time

OPEN: Final = "0001-01-01T00:00:00Z"
"""How Alertmanager writes the end of what lasts."""

BY_KIND: Final = {Kind.SILENT: "SensorSilent", Kind.OUTAGE: "SensorsSilent"}

BY_VERDICT: Final = {
    Verdict.PROCESS: "SensorAnomaly",
    Verdict.SENSOR: "SensorFault",
    Verdict.TRANSPORT: "SensorTransport",
}

NUMBERS: Final = ("score", "value", "expected", "lower", "upper", "unit")


def alertname(event: AlertEvent) -> str:
    """Return the name that rules and routes call this alert by."""
    return BY_KIND.get(event.kind) or BY_VERDICT[event.verdict]


def labels_of(event: AlertEvent) -> dict[str, str]:
    """Return what tells this alert from all others that may be open; an outage has no device, but an entry of `sensors`."""
    channel = {} if event.channel is None else {"channel": event.channel}
    return {
        "alertname": alertname(event),
        "sensors" if event.kind is Kind.OUTAGE else "device": event.device,
        **channel,
        "kind": event.kind.value,
        "severity": event.severity.value,
        "verdict": event.verdict.value,
    }


def annotations_of(event: AlertEvent) -> dict[str, str]:
    """Return what is said of an alert: the sentence, where it is, and the numbers that are known."""
    plain = alert_json(event)
    numbers = {name: str(plain[name]) for name in NUMBERS if plain[name] is not None}
    return {"summary": f"{event.subject}: {event.kind.value}", "description": event.summary, "id": event.id, **numbers}


def moment(unix_s: float) -> str:
    """Return a wall time as the API has it."""
    return format_event_time(EventTime(int(unix_s * MICROSECONDS)))
