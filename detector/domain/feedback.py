"""What people say of alerts."""

from dataclasses import dataclass
from enum import StrEnum

from detector.domain.alert import Height
from detector.domain.reading import EventTime


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
