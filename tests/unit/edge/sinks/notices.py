"""Notices and events made by hand, for tests of the ways that they go."""

from dataclasses import replace

from detector.domain import AlertEvent, Kind, Severity, Transition, Verdict
from detector.notice import Notice, NoticeReason, NoticeState
from tests.unit.edge.readings import START_S, at, event

TEXT = "pump-1 temperature is 30 °C since 12:04, expected 19 to 21 °C."

LABELS = {
    "alertname": "SensorAnomaly",
    "channel": "temperature",
    "device": "pump-1",
    "kind": "residual",
    "severity": "warning",
    "site": "north",
    "verdict": "process",
}
"""Of the one alert, as Alertmanager and what understands it have them."""

ANNOTATIONS = {
    "summary": "pump-1 temperature: residual",
    "description": "pump-1 temperature is strange.",
    "id": "pump-1/temperature/process",
    "score": "1.5",
    "value": "30.0",
    "expected": "20.0",
    "lower": "19.0",
    "upper": "21.0",
}
"""The same of what is said of it."""


def notice(number: int = 1, thread: str = "3f2a", over: bool = False, count: int = 1) -> Notice:
    """Return one notice about one alert."""
    alert = event(Transition.CLOSED if over else Transition.OPENED, 60.0 if over else 0.0)
    return Notice(
        thread=thread,
        number=number,
        receiver="people",
        state=NoticeState.RESOLVED if over else NoticeState.FIRING,
        reason=NoticeReason.RESOLVED if over else NoticeReason.OPENED,
        at=START_S + 1.0,
        onset=at(0.0),
        severity=Severity.WARNING,
        verdict=Verdict.PROCESS,
        title="pump-1 temperature: warning",
        text=TEXT,
        labels=(("device", "pump-1"), ("site", "north")),
        alerts=(replace(alert, onset=at(0.0)),),
        count=count,
    )


def turned(
    transition: Transition, severity: Severity = Severity.WARNING, seconds: float = 0.0, device: str = "pump-1"
) -> AlertEvent:
    """Return an event of the one episode of a device, begun at the start, at a severity."""
    return replace(event(transition, seconds, device), severity=severity, onset=at(0.0))


def outage() -> AlertEvent:
    """Return the event of an entry that fell silent."""
    lost = event(Transition.OPENED, device="pumps", channel=None, verdict=Verdict.TRANSPORT)
    return replace(lost, kind=Kind.OUTAGE, score=None, value=None, expected=None, lower=None, upper=None)
