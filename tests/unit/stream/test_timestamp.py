"""Timestamps of every format, and what is no timestamp."""

import pytest

from detector.domain import EventTime, Rejected, RejectReason
from detector.settings import TimestampFormat
from detector.stream.timestamp import check_plausible, format_event_time, parse_iso8601, parse_timestamp

LEAP_DAY = 1_078_012_879_000_000
"""2004-02-29T00:01:19Z."""


@pytest.mark.parametrize(
    "text",
    [
        "2004-02-29T00:01:19Z",
        "2004-02-29 00:01:19",
        "2004-02-29t00:01:19z",
        " 2004-02-29T00:01:19.000 ",
        "2004-02-29T01:01:19+01:00",
        "2004-02-28T18:31:19-0530",
        "2004-02-29T02:01:19+02",
        "2004-02-29T00:01:19 Z",
    ],
)
def test_one_moment_has_many_spellings(text: str) -> None:
    """One moment has many spellings in ISO 8601; without a zone it is UTC."""
    assert parse_iso8601(text) == LEAP_DAY


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2004-02-29T00:01:19.25Z", LEAP_DAY + 250_000),
        ("2004-02-29T00:01:19,000001Z", LEAP_DAY + 1),
        ("2004-02-29T00:01:19.000001999Z", LEAP_DAY + 1),
        ("2004-02-29T00:01", LEAP_DAY - 19_000_000),
        ("2004-02-29", LEAP_DAY - 79_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2016-12-31T23:59:60.5Z", 1_483_228_800_000_000),
    ],
)
def test_fractions_are_cut_and_a_leap_second_is_the_next_one(text: str, at: int) -> None:
    """Fractions are cut off at the microsecond, and a leap second is the start of the next second."""
    assert parse_iso8601(text) == at


@pytest.mark.parametrize(
    "text",
    ["", "now", "2003-02-29", "2004-13-01", "2004-02-29T24:00:00Z", "2004-02-29T00:60:00Z", "2004-02-29T00:00:61Z",
     "0000-01-01", "2004-02-29T00:00:00+24:00", "2004-02-29T00:00:00+01:60", "2004-02-29T00:01:19ZZ", "1078012879", "٢٠٠٤-02-29"],
)  # fmt: skip
def test_what_is_no_moment_is_rejected(text: str) -> None:
    """Text that is no moment of the calendar is rejected."""
    rejected = parse_iso8601(text)
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.BAD_TIMESTAMP


@pytest.mark.parametrize(
    ("value", "unit", "at"),
    [
        (1078012879, "unix", LEAP_DAY),
        (1078012879.123457, "unix", LEAP_DAY + 123_457),
        ("1078012879.1234569", "unix", LEAP_DAY + 123_456),
        (" 1078012879 ", "unix", LEAP_DAY),
        (1078012879123, "unix_ms", LEAP_DAY + 123_000),
        (1078012879123.5, "unix_ms", LEAP_DAY + 123_500),
        (1078012879123457, "unix_us", LEAP_DAY + 123_457),
        (1078012879123457999, "unix_ns", LEAP_DAY + 123_457),
        ("1078012879123457999", "unix_ns", LEAP_DAY + 123_457),
        ("-1", "unix", -1_000_000),
    ],
)
def test_unix_time_is_exact_in_every_unit(value: object, unit: str, at: int) -> None:
    """Unix time is exact to the microsecond in every unit, as number or as text."""
    assert parse_timestamp(value, TimestampFormat(unit)) == at


@pytest.mark.parametrize(
    "value", [True, None, float("nan"), float("inf"), 1e308, "soon", "", "1e9", "0x10", [], {}, "1" * 50]
)
def test_what_is_no_unix_time_is_rejected(value: object) -> None:
    """Booleans, non-finite numbers and other text are no Unix time."""
    rejected = parse_timestamp(value, TimestampFormat.UNIX)
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.BAD_TIMESTAMP


@pytest.mark.parametrize("value", [1078012879, None, True, 1.5, []])
def test_iso8601_is_text(value: object) -> None:
    """Only text is read as ISO 8601."""
    assert isinstance(parse_timestamp(value, TimestampFormat.ISO8601), Rejected)


@pytest.mark.parametrize("at", [0, 10**18, -(10**30), 10**30])
def test_times_that_no_clock_could_mean_are_implausible(at: int) -> None:
    """Times before 1990 or after the latest are rejected, however far away they are."""
    rejected = check_plausible(EventTime(at), EventTime(LEAP_DAY))
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.IMPLAUSIBLE_TIMESTAMP


def test_a_time_up_to_the_latest_is_plausible() -> None:
    """A time up to the latest one, that one included, is plausible."""
    assert check_plausible(EventTime(LEAP_DAY), EventTime(LEAP_DAY)) == LEAP_DAY
    assert isinstance(check_plausible(EventTime(LEAP_DAY + 1), EventTime(LEAP_DAY)), Rejected)


@pytest.mark.parametrize(
    ("at", "text"), [(LEAP_DAY, "2004-02-29T00:01:19Z"), (LEAP_DAY + 250_000, "2004-02-29T00:01:19.250000Z")]
)
def test_microseconds_are_written_only_where_not_zero(at: int, text: str) -> None:
    """An event time is written in UTC, with microseconds only where they are not zero."""
    assert format_event_time(EventTime(at)) == text
