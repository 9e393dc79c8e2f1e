"""Where a payload came from, and how a payload format makes readings of it.

In: nothing. Out: the types that `decode` hands to every payload format.
"""

from typing import NamedTuple

from detector.domain import EventTime, Reading, Rejected, RejectReason
from detector.settings import SensorSettings

Decoded = tuple[Reading | Rejected, ...]
"""What a payload gave: never empty."""


class Source(NamedTuple):
    """Whose payload it is and what is expected in it."""

    device: str
    channel: str | None
    """From the topic, where the pattern has `{channel}`."""
    arrived: EventTime
    entry: int
    settings: SensorSettings
    max_channels: int

    def reading(self, channel: str, value: float, at: EventTime) -> Reading:
        """Return a reading of this device."""
        return Reading(self.device, channel, at, value, self.entry)


def rejected(reason: RejectReason, detail: str) -> tuple[Rejected]:
    """Return a whole payload's rejection."""
    return (Rejected(reason, detail[:200]),)
