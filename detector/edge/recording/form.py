"""The form of a recording: what its header, its names, its cells and its timestamps may look like.

In: text of one line or one cell. Out: what it means, or what is amiss.
"""

import csv

from detector.domain import EventTime, Rejected, RejectReason
from detector.settings.sensors import TimestampFormat
from detector.stream.names import is_good_name, shown
from detector.stream.timestamp import parse_iso8601, parse_timestamp

LONG = ["timestamp", "device", "channel", "value"]
"""The columns of the long form, exactly."""

EARLIEST, LATEST = EventTime(-62_135_596_800_000_000), EventTime(253_402_300_799_999_999)
"""The calendar, years 1 to 9999. A recording may be of any time: nothing says when it arrived."""

NOT_TEXT = "\N{REPLACEMENT CHARACTER}"
"""Stands where bytes were not UTF-8."""


def split_cells(line: str) -> list[str] | None:
    """Split a line into cells without the space around them, or None when its quotes do not close."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(",")]
    try:
        return [cell.strip() for cell in next(csv.reader((line,), strict=True, skipinitialspace=True))]
    except csv.Error:
        return None


def header_fault(columns: list[str]) -> str | None:
    """Say what is wrong with a header, if anything is."""
    if columns[0] != "timestamp":
        return "the first column is not `timestamp`"
    if len(columns) < 2:
        return "there is no channel"
    if not all(map(is_name, columns)):
        return "a column has no name, or one with control characters or bytes that are not UTF-8"
    if len(set(columns)) < len(columns):
        return "two columns have the same name"
    if columns != LONG and {"device", "channel"} <= set(columns):
        return "it is neither form (are these scores rather than readings?)"
    return None


def is_name(name: str) -> bool:
    """Tell whether a device or channel may be called so."""
    return NOT_TEXT not in name and is_good_name(name)


def parse_time(text: str) -> EventTime | Rejected:
    """Read a timestamp: ISO 8601, or Unix seconds to the microsecond."""
    if not text:
        return Rejected(RejectReason.MISSING_TIMESTAMP, "timestamp: expected one, got an empty cell")
    is_unix = text.lstrip("+-").replace(".", "", 1).isdecimal()
    at = parse_timestamp(text, TimestampFormat.UNIX) if is_unix else parse_iso8601(text)
    if isinstance(at, Rejected) or EARLIEST <= at <= LATEST:
        return at
    return Rejected(RejectReason.IMPLAUSIBLE_TIMESTAMP, f"timestamp: expected a year from 1 to 9999, got {shown(text)}")
