"""What people are told at one moment: one trouble, be it one alert or a thousand that belong together.

In: nothing. Out: the type `Notice`, which the desk that decides and the sinks that deliver share. A machine that wants every
transition takes alert events instead.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from detector.domain import AlertEvent, EventTime, Severity, Verdict


class NoticeState(StrEnum):
    """Whether the trouble goes on."""

    FIRING = "firing"
    RESOLVED = "resolved"


class NoticeReason(StrEnum):
    """Why people are told now."""

    OPENED = "opened"
    GREW = "grew"
    """More alerts have joined, or it has become graver."""
    REPEATED = "repeated"
    """It still goes on, and nobody has acknowledged it."""
    RESOLVED = "resolved"


class NoticeKey(NamedTuple):
    """What tells one notice from all others: derived, so that it is the same after a crash."""

    thread: str
    number: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to people, ready to be sent by any sink."""

    thread: str
    """The trouble, from its first notice to the last: what a receiver joins messages by. Letters, digits and hyphens."""
    number: int
    """1, 2, 3 ... within the thread."""
    receiver: str
    """Name of the receiver in the configuration."""
    state: NoticeState
    reason: NoticeReason
    at: float
    """When it was decided, Unix time in seconds."""
    onset: EventTime
    """Of the earliest alert in it."""
    severity: Severity
    """Of the gravest alert in it."""
    verdict: Verdict
    """Of the gravest alert in it."""
    title: str
    """A few words, for the first line of a message: `pump-7 bearing_temp: warning`."""
    text: str
    """Plain sentences, with numbers and units, that can be understood on a phone."""
    labels: tuple[tuple[str, str], ...]
    """Names and values that all its alerts share: of the topic, `device`, `channel`, `sensors` (the entry)."""
    alerts: tuple[AlertEvent, ...]
    """The last event of each alert in it, the gravest first; no more than are worth listing."""
    count: int
    """Alerts in it, listed or not."""

    @property
    def key(self) -> NoticeKey:
        """Return what this notice is known by, however often it is sent."""
        return NoticeKey(self.thread, self.number)
