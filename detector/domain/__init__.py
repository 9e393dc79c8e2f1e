"""The nouns of the project: readings, reasons, verdicts, outcomes and alert events.

Nothing here computes; everything here is a value. See the glossary in ARCHITECTURE.md.
"""

from detector.domain.alert import (
    ALERT_FIELDS,
    SEVERITIES,
    AlertEvent,
    AlertKey,
    Direction,
    Height,
    Kind,
    Severity,
    Transition,
    Verdict,
)
from detector.domain.feedback import Feedback, FeedbackKind
from detector.domain.outcome import Calibrating, NotInOrder, Outcome, Scored, Stage, WarmingUp
from detector.domain.reading import (
    DAY_S,
    HOUR,
    HOUR_S,
    MICROSECONDS,
    DropReason,
    EventTime,
    Reading,
    Rejected,
    RejectReason,
)

__all__ = [
    "ALERT_FIELDS",
    "DAY_S",
    "HOUR",
    "HOUR_S",
    "MICROSECONDS",
    "SEVERITIES",
    "AlertEvent",
    "AlertKey",
    "Calibrating",
    "Direction",
    "DropReason",
    "EventTime",
    "Feedback",
    "FeedbackKind",
    "Height",
    "Kind",
    "NotInOrder",
    "Outcome",
    "Reading",
    "RejectReason",
    "Rejected",
    "Scored",
    "Severity",
    "Stage",
    "Transition",
    "Verdict",
    "WarmingUp",
]
