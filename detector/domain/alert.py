"""What goes out: events of alerts, and the words in which they are said."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum, StrEnum
from typing import Any, Final, NamedTuple

from detector.domain.reading import EventTime


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
