"""Event times as people and payloads write them.

In: event times. Out: ISO 8601 in UTC.
"""

from datetime import UTC, datetime, timedelta

from detector.domain import EventTime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_event_time(at: EventTime) -> str:
    """Return an event time as ISO 8601 in UTC, with microseconds only where they are not zero."""
    moment = _EPOCH + timedelta(microseconds=at)
    return moment.isoformat().removesuffix("+00:00") + "Z"
