"""Timestamps of payloads and recordings: text or numbers in, event time out, and back.

In: what a payload's timestamp field holds. Out: `EventTime`, or `Rejected` with the reason. Text without a zone is UTC;
digits beyond the microsecond are cut off; a leap second (23:59:60) is the start of the next second.
"""

import math
import re
from datetime import UTC, date, datetime, timedelta

from detector.domain import MICROSECONDS, EventTime, Rejected, RejectReason
from detector.settings import TimestampFormat
from detector.stream.names import shown

EARLIEST = EventTime(631_152_000 * MICROSECONDS)
"""1990-01-01: clocks that were never set say 1970 or 1980."""

AHEAD = 86_400 * MICROSECONDS
"""How far in front of its arrival a timestamp may be: clocks and zones go wrong, but not by more than a day."""

UNITS = {
    TimestampFormat.UNIX: (MICROSECONDS, 1),
    TimestampFormat.UNIX_MS: (1000, 1),
    TimestampFormat.UNIX_US: (1, 1),
    TimestampFormat.UNIX_NS: (1, 1000),
}
"""Microseconds in a unit of each format, as a fraction."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ISO8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\ ?(?:[Zz]|([+-])(\d\d):?(\d\d)?)?)?",
    re.ASCII,
)
_DIGITS = re.compile(r"([+-]?)(\d{1,20})(?:\.(\d{1,20}))?", re.ASCII)


def parse_timestamp(value: object, format: TimestampFormat) -> EventTime | Rejected:  # noqa: A002 - the word of the configuration
    """Read what a timestamp field holds; plausibility is `check_plausible`'s business."""
    if format is TimestampFormat.ISO8601:
        return parse_iso8601(value) if isinstance(value, str) else _bad(value, "text such as 2004-02-29T00:01:19Z")
    scale, divisor = UNITS[format]
    if isinstance(value, int) and not isinstance(value, bool):
        return EventTime(value * scale // divisor)
    if isinstance(value, float):
        # One rounding of a product below 2**53 is within half a microsecond of the decimal that was written.
        product = value * scale / divisor
        return EventTime(round(product)) if math.isfinite(product) else _bad(value, f"a number ({format.value})")
    if isinstance(value, str):
        return _parse_digits(value, format)
    return _bad(value, f"a number ({format.value})")


def _parse_digits(text: str, format: TimestampFormat) -> EventTime | Rejected:  # noqa: A002 - as above
    """Read a number in quotes, exactly."""
    match = _DIGITS.fullmatch(text.strip())
    if match is None:
        return _bad(text, f"a number ({format.value})")
    sign, whole, fraction = match.groups("")
    scale, divisor = UNITS[format]
    at = int(whole + fraction) * scale // (divisor * 10 ** len(fraction))
    return EventTime(-at if sign == "-" else at)


def parse_iso8601(text: str) -> EventTime | Rejected:
    """Read `2004-02-29T00:01:19.25+01:00` and its like: T or a space, Z or an offset or none, date alone is midnight."""
    match = _ISO8601.fullmatch(text.strip())
    if match is None:
        return _bad(text, "text such as 2004-02-29T00:01:19Z")
    year, month, day, hour, minute, second, fraction, sign, ahead_hours, ahead_minutes = match.groups()
    clock = int(hour or 0), int(minute or 0), int(second or 0)
    offset = int(ahead_hours or 0), int(ahead_minutes or 0)
    if clock > (23, 59, 60) or clock[1] > 59 or clock[2] > 60 or offset > (23, 59) or offset[1] > 59:
        return _bad(text, "a time of day")
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        return _bad(text, "a day of the calendar")
    ahead_s = (offset[0] * 3600 + offset[1] * 60) * (-1 if sign == "-" else 1)
    seconds = days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2] - ahead_s
    micros = int(fraction[:6].ljust(6, "0")) if fraction and clock[2] < 60 else 0
    return EventTime(seconds * MICROSECONDS + micros)


def check_plausible(at: EventTime, latest: EventTime) -> EventTime | Rejected:
    """Refuse an event time before 1990 or after `latest`, which is a day after arrival for a live payload."""
    if EARLIEST <= at <= latest:
        return at
    side = "1990 or later" if at < EARLIEST else "at most a day after its arrival"
    detail = f"timestamp: expected {side}, got {_told(at)}"
    return Rejected(RejectReason.IMPLAUSIBLE_TIMESTAMP, detail)


def _told(at: EventTime) -> str:
    """Write any integer as a time if the calendar reaches that far."""
    try:
        return format_event_time(at)
    except OverflowError:
        return f"a time {'before' if at < 0 else 'beyond'} the calendar"


def format_event_time(at: EventTime) -> str:
    """Write an event time as ISO 8601 in UTC, `2004-02-29T00:01:19Z`; microseconds only where not zero."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat().removesuffix("+00:00") + "Z"


def _bad(value: object, expected: str) -> Rejected:
    """Reject a value that is no time."""
    return Rejected(RejectReason.BAD_TIMESTAMP, f"timestamp: expected {expected}, got {shown(value)}")
