"""Law: an event time that is written and read again is the same, in every format."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import EventTime, Rejected
from detector.settings import TimestampFormat
from detector.stream.timestamp import format_event_time, parse_iso8601, parse_timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.integers(631_152_000_000_000, 4_102_444_800_000_000).map(EventTime)
ANY_TIMES = st.datetimes().map(
    lambda moment: EventTime((moment.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1))
)


@given(at=ANY_TIMES)
def test_text_comes_back(at: EventTime) -> None:
    """Any event time of the calendar comes back from its ISO 8601 text."""
    assert parse_iso8601(format_event_time(at)) == at


@given(at=TIMES)
def test_unix_seconds_come_back(at: EventTime) -> None:
    """Unix seconds come back to the microsecond, as float and as text."""
    assert parse_timestamp(at / 1_000_000, TimestampFormat.UNIX) == at
    assert parse_timestamp(f"{at // 1_000_000}.{at % 1_000_000:06d}", TimestampFormat.UNIX) == at


@given(at=TIMES, below=st.integers(0, 999))
def test_finer_units_are_cut_off_at_the_microsecond(at: EventTime, below: int) -> None:
    """Microseconds and nanoseconds come back; what is below a microsecond is cut off."""
    assert parse_timestamp(at, TimestampFormat.UNIX_US) == at
    assert parse_timestamp(at * 1000 + below, TimestampFormat.UNIX_NS) == at
    assert parse_timestamp(str(at * 1000 + below), TimestampFormat.UNIX_NS) == at


@given(moment=st.datetimes(timezones=st.timezones()))
def test_the_zone_does_not_matter(moment: datetime) -> None:
    """A moment read with its offset from UTC is the moment that Python's own arithmetic gives."""
    offset = moment.utcoffset()
    if offset is not None and offset.seconds % 60 == 0:
        assert parse_iso8601(moment.isoformat()) == (moment - EPOCH) // timedelta(microseconds=1)


ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.from_regex(r"[-+0-9TZ:.e ]{1,40}", fullmatch=True)
)


@given(value=ODD, unit=st.sampled_from(TimestampFormat))
def test_no_value_raises(value: object, unit: TimestampFormat) -> None:
    """Any value is a time or a rejection, never an exception."""
    at = parse_timestamp(value, unit)
    assert isinstance(at, int | Rejected)
