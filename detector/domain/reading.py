"""What comes in: readings, and why something gave none."""

from enum import StrEnum
from typing import Final, NamedTuple, NewType

EventTime = NewType("EventTime", int)
"""Microseconds since 1970-01-01T00:00:00Z, as stated by the payload (or by arrival where it has none).

An integer, because float seconds cannot tell neighbouring microseconds apart."""

MICROSECONDS: Final = 1_000_000
"""Event-time units in a second."""

HOUR_S: Final = 3600.0
HOUR: Final = 3600 * MICROSECONDS
"""An hour in event-time units."""
DAY_S: Final = 86_400.0


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
