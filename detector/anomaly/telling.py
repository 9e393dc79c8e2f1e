"""Tells episodes' turns as alert events.

In: what turned, and the numbers at that row. Out: `AlertEvent`s with derived ids and a sentence. Only the few
rows that turned come here, so this is plain Python.
"""

import hashlib
from dataclasses import dataclass, replace

from detector.anomaly.sentence import duration_in_words, sentence
from detector.anomaly.silence import CRITICAL, OutageTurn
from detector.domain import MICROSECONDS, SEVERITIES, AlertEvent, EventTime, Height, Kind, Severity, Transition, Verdict

VERDICTS = {
    Kind.RESIDUAL: Verdict.PROCESS,
    Kind.LEVEL_SHIFT: Verdict.PROCESS,
    Kind.DRIFT: Verdict.SENSOR,
    Kind.NOISE: Verdict.SENSOR,
    Kind.SPIKE: Verdict.SENSOR,
    Kind.PEERS: Verdict.PROCESS,
    Kind.STUCK: Verdict.SENSOR,
    Kind.CLIPPING: Verdict.SENSOR,
    Kind.RANGE: Verdict.SENSOR,
    Kind.SILENT: Verdict.TRANSPORT,
    Kind.OUTAGE: Verdict.TRANSPORT,
}
"""Whose fault each kind is."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One episode's turn at one moment."""

    transition: Transition
    kind: Kind
    severity: int
    """Index into `SEVERITIES`."""
    device: str
    channel: str | None
    at: EventTime
    onset: EventTime
    behind_s: float = 0.0
    """How long ago that was when it was heard of."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers at a turn; None where there is none."""

    score: float | None = None
    value: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    unit: str | None = None
    heights: tuple[Height, ...] = ()


def alert_id(device: str, channel: str | None, onset: EventTime, kind: Kind) -> str:
    """Return the id of an episode: the same for the same episode, whenever and wherever it is found.

    The kind is part of it, because a channel may be stuck and out of range from one moment on.
    """
    name = "\x00".join((device, channel or "", str(onset), kind.value))
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def tell(turn: Turn, numbers: Numbers) -> AlertEvent:
    """Return the event of a turn."""
    onset = EventTime(min(turn.onset, turn.at))
    severity: Severity = SEVERITIES[turn.severity]
    event = AlertEvent(
        id=alert_id(turn.device, turn.channel, turn.onset, turn.kind),  # not clamped: one id, whatever the clock does
        event=turn.transition,
        at=turn.at,
        onset=onset,
        device=turn.device,
        channel=turn.channel,
        verdict=VERDICTS[turn.kind],
        kind=turn.kind,
        severity=severity,
        score=numbers.score,
        value=numbers.value,
        expected=numbers.expected,
        lower=numbers.lower,
        upper=numbers.upper,
        unit=numbers.unit,
        summary="",
        heights=numbers.heights,
    )
    ago = f"{duration_in_words(turn.behind_s)} ago: " if turn.behind_s else ""
    return replace(event, summary=f"{ago}{sentence(event)}")


def tell_departure(turn: Turn, heard_at: EventTime) -> AlertEvent:
    """Return the end of an episode of a device that is let go, and was heard last so long ago: nobody knows whether it is well."""
    event = tell(turn, Numbers())
    quiet = duration_in_words((turn.at - heard_at) / MICROSECONDS)
    return replace(
        event,
        summary=f"{event.subject} is watched no longer: it was not heard for {quiet}, and others needed its place.",
    )


def tell_outage(name: str, outage: OutageTurn, at: EventTime) -> AlertEvent:
    """Return the event of an outage: the `sensors` entry of this name stands for the device, and its devices are counted."""
    transition = Transition.CLOSED if outage.ended else Transition.OPENED
    numbers = Numbers(value=float(outage.quiet), upper=float(outage.judged), unit="devices")
    return tell(Turn(transition, Kind.OUTAGE, CRITICAL, name, None, at, outage.onset), numbers)
