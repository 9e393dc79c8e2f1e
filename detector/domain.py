"""The nouns of the project: readings, reasons, verdicts, outcomes and alert events.

Nothing here computes; everything here is a value. See the glossary in ARCHITECTURE.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum, IntEnum, StrEnum
from typing import Any, Final, NamedTuple, NewType

EventTime = NewType("EventTime", int)
"""Microseconds since 1970-01-01T00:00:00Z, as stated by the payload (or by arrival where it has none).

An integer, because float seconds cannot tell neighbouring microseconds apart."""

MICROSECONDS = 1_000_000
"""Event-time units in a second."""


class Reading(NamedTuple):
    """One value of one channel of one device at one event time."""

    device: str
    channel: str
    at: EventTime
    value: float
    """Finite, always: `decode` turns anything else into `Rejected`."""
    entry: int
    """Index of the `sensors` entry of the configuration that this reading came through."""


class RejectReason(StrEnum):
    """Why a payload, or one value of it, gave no reading. The values are metric labels."""

    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    MALFORMED = "malformed"
    TOO_DEEP = "too_deep"
    UNKNOWN_TOPIC = "unknown_topic"
    BAD_NAME = "bad_name"
    MISSING_FIELD = "missing_field"
    NO_VALUES = "no_values"
    NULL = "null"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    MISSING_TIMESTAMP = "missing_timestamp"
    BAD_TIMESTAMP = "bad_timestamp"
    IMPLAUSIBLE_TIMESTAMP = "implausible_timestamp"
    STALE_RETAINED = "stale_retained"
    TOO_MANY_DEVICES = "too_many_devices"
    TOO_MANY_CHANNELS = "too_many_channels"


class DropReason(StrEnum):
    """Why a message was given up before it was decoded. The values are metric labels."""

    INBOX_FULL = "inbox_full"
    SHUTDOWN = "shutdown"


class Rejected(NamedTuple):
    """A payload, or one value of it, that gave no reading."""

    reason: RejectReason
    detail: str
    """For the log, at most 200 characters: where, what was expected, what was there."""


class Verdict(StrEnum):
    """Whose fault it is: the plant's, the sensor's, or the link's."""

    PROCESS = "process"
    SENSOR = "sensor"
    TRANSPORT = "transport"


class Kind(StrEnum):
    """What was seen."""

    RESIDUAL = "residual"
    LEVEL_SHIFT = "level_shift"
    DRIFT = "drift"
    NOISE = "noise"
    SPIKE = "spike"
    PEERS = "peers"
    STUCK = "stuck"
    CLIPPING = "clipping"
    RANGE = "range"
    SILENT = "silent"
    OUTAGE = "outage"


class Severity(StrEnum):
    """How much it matters; grows only, within one episode."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return how grave it is among them; 0 for the mildest."""
        return SEVERITIES.index(self)


SEVERITIES: Final = tuple(Severity)
"""In growing order."""


class Transition(StrEnum):
    """What happened to an episode."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


class Direction(Enum):
    """Which side of the forecast may raise a residual alert."""

    BOTH = "both"
    ABOVE = "above"
    BELOW = "below"


class Height(NamedTuple):
    """How strong an episode has been at most, to one way of finding things strange."""

    source: str
    """Name of an organ or of a rule."""
    strength: float
    """1.0 is the threshold that was learnt, whatever feedback made of it."""


class FeedbackKind(StrEnum):
    """What people say of an alert. The values are metric labels."""

    FALSE = "false"
    """There was nothing to be told."""
    CONFIRMED = "confirmed"
    UNDONE = "undone"
    """Whatever was said of it is taken back."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said of an alert, with all that has to be known of the alert to act on it."""

    alert: str
    """Its id."""
    kind: FeedbackKind
    device: str
    channel: str | None
    opened: EventTime
    """When it was opened."""
    heights: tuple[Height, ...]
    """Those of the alert."""


class AlertKey(NamedTuple):
    """What tells one event from all others: a second one with the same key is the same event, found again."""

    id: str
    event: Transition
    at: EventTime
    severity: Severity


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One transition of one episode: what is published, written and counted."""

    id: str
    """Derived from device, channel, onset and kind, so that a replay gives the same id."""
    event: Transition
    at: EventTime
    onset: EventTime
    device: str
    channel: str | None
    verdict: Verdict
    kind: Kind
    severity: Severity
    score: float | None
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    unit: str | None
    summary: str
    heights: tuple[Height, ...] = ()
    """How strong it has been so far, by source; the one that opened it comes first. None of what is no matter of thresholds."""

    @classmethod
    def of(cls, values: Sequence[Any]) -> "AlertEvent":
        """Return the event of values in the order of `ALERT_FIELDS`, as JSON and a database have them."""
        return cls.from_plain(dict(zip(ALERT_FIELDS, values, strict=True)))

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> "AlertEvent":
        """Return the event of values by the names of its fields, as JSON and a database have them: its words are text there."""
        return cls(**{name: WORDS[name](value) if name in WORDS else value for name, value in values.items()})

    @property
    def key(self) -> AlertKey:
        """Return what this event is known by, however often it is found."""
        return AlertKey(self.id, self.event, self.at, self.severity)

    @property
    def subject(self) -> str:
        """Return what it is about, for people: a device and its channel, or a device as a whole."""
        return self.device if self.channel is None else f"{self.device} {self.channel}"


ALERT_FIELDS: Final = tuple(field.name for field in fields(AlertEvent))
"""Names of the fields of an alert event, in order."""


WORDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "event": Transition,
    "verdict": Verdict,
    "kind": Kind,
    "severity": Severity,
    "heights": lambda heights: tuple(Height(source, strength) for source, strength in heights),
}
"""Fields of an alert event that are words of our own."""


class Stage(IntEnum):
    """What became of a reading in the engine; the codes of `Report.stage`."""

    WARMING_UP = 0
    CALIBRATING = 1
    SCORED = 2
    LATE = 3
    DUPLICATE = 4
    REFUSED_DEVICE = 5
    REFUSED_CHANNEL = 6


@dataclass(frozen=True, slots=True)
class WarmingUp:
    """No forecast can be judged yet: the scale of the channel is not known."""

    steps_left: int


@dataclass(frozen=True, slots=True)
class Calibrating:
    """Forecasts are made, but too few residuals were seen to say what is strange."""

    have: int
    need: int


@dataclass(frozen=True, slots=True)
class Scored:
    """A calibrated score; `score` 1.0 is the threshold, which stood at `threshold` (-log10 p)."""

    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class NotInOrder:
    """A late or duplicate reading: seen, counted, never scored."""

    stage: Stage


Outcome = WarmingUp | Calibrating | Scored | NotInOrder
