"""Why people are not told of something, or not again. The values are metric labels."""

from enum import StrEnum


class Hushed(StrEnum):
    """A reason to say nothing."""

    SEVERITY = "severity"
    """It is not grave enough for this receiver."""
    TOO_SHORT = "too_short"
    """It was over before it would have been told."""
    FLAPPING = "flapping"
    """It came back before its end was told, or too often within the hour."""
    QUIET = "quiet"
    """It came and went in quiet hours."""
    MAINTENANCE = "maintenance"
    """It came and went while its device was under maintenance."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody has seen it."""
