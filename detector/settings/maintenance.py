"""When people are told nothing of some devices: hours that come again every week, or one stretch of time."""

from datetime import datetime

from pydantic import Field, model_validator

from detector.settings.hours import Hours
from detector.settings.section import Section


class MaintenanceSettings(Section):
    """A window of maintenance; it takes effect where both its hours and its stretch of time hold."""

    devices: str = Field("*", description="Glob of device names.")
    hours: list[Hours] = Field(default_factory=list, description="Every week; empty: at any hour.")
    start: datetime | None = Field(None, description="Not before; in `time_zone` unless it names its own.")
    end: datetime | None = Field(None, description="No longer than; in `time_zone` unless it names its own.")

    @model_validator(mode="after")
    def _has_an_end(self) -> "MaintenanceSettings":
        """Refuse a window that would never end: whoever wants that leaves the devices out."""
        if not self.hours and self.end is None:
            raise ValueError("expected hours or an end: a maintenance that never ends would hide its devices for good")
        if self.start is None or self.end is None:
            return self
        if (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise ValueError("expected start and end both with a time zone or both without")
        if self.start >= self.end:
            raise ValueError(f"expected start before end, got {self.start} and {self.end}")
        return self
