"""Reports and events made by hand, for tests of what the edge makes of them."""

from collections.abc import Iterable

import numpy as np

from detector.domain import (
    MICROSECONDS,
    AlertEvent,
    EventTime,
    Kind,
    Reading,
    Severity,
    Stage,
    Transition,
    Verdict,
)
from detector.readings import Readings
from detector.report import Report, Standing, Tick

START_S = 1_700_000_000


def at(seconds: float) -> EventTime:
    """Return the event time so many seconds after the start of the test's story."""
    return EventTime(int((START_S + seconds) * MICROSECONDS))


def reading(device: str = "pump-1", channel: str = "temperature", seconds: float = 0.0, value: float = 20.0) -> Reading:
    """Return one reading."""
    return Reading(device, channel, at(seconds), value, 0)


def report(
    *readings: Reading,
    stage: Stage = Stage.SCORED,
    anomalous: int = 0,
    events: Iterable[AlertEvent] = (),
    tick: EventTime | None = None,
    departed: Iterable[tuple[str, str]] = (),
) -> Report:
    """Return a report whose rows all came to the same: a forecast of 20 within 19 to 21, a score of 0.5."""
    rows = len(readings)
    return Report(
        readings=Readings.of(readings),
        stage=np.full(rows, stage, np.int8),
        steps_left=np.full(rows, 12, np.int32),
        steps_needed=np.full(rows, 16, np.int32),
        forecast_known=np.full(rows, stage is not Stage.WARMING_UP),
        expected=np.full(rows, 20.0),
        lower=np.full(rows, 19.0),
        upper=np.full(rows, 21.0),
        score=np.full(rows, 0.5),
        threshold=np.full(rows, 4.0),
        anomalous=np.full(rows, anomalous, np.int8),
        events=tuple(events),
        ticks=() if tick is None else (Tick(tick, 0),),
        departed=tuple(departed),
    )


def event(
    transition: Transition,
    seconds: float = 0.0,
    device: str = "pump-1",
    channel: str | None = "temperature",
    verdict: Verdict = Verdict.PROCESS,
    summary: str = "pump-1 temperature is strange.",
) -> AlertEvent:
    """Return one event of the one episode that a channel, or a device, has in these tests."""
    return AlertEvent(
        id=f"{device}/{channel}/{verdict}",
        event=transition,
        at=at(seconds),
        onset=at(seconds),
        device=device,
        channel=channel,
        verdict=verdict,
        kind=Kind.RESIDUAL,
        severity=Severity.WARNING,
        score=1.5,
        value=30.0,
        expected=20.0,
        lower=19.0,
        upper=21.0,
        unit=None,
        summary=summary,
    )


def standing(*channels: tuple[str, str], share: float = 0.4, left_s: float = 3 * 86_400.0) -> Standing:
    """Return how some devices stand that have all learnt as much, and whose channels have a skill of a quarter."""
    devices = tuple(dict.fromkeys(device for device, _ in channels))
    shares, lefts = np.full(len(devices), share), np.full(len(devices), left_s)
    return Standing(devices, shares, lefts, channels, np.full(len(channels), 0.25), np.ones(len(channels), np.bool_))
