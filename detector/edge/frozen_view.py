"""What people saw last as JSON has it, and back.

In: an alert book, or what a view froze to. Out: lists and dictionaries of plain values. A number that is not finite comes back as not known, as it is told.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from detector.domain import AlertEvent, Severity, Verdict
from detector.edge.alert_book import AlertBook


def book_to_plain(book: AlertBook) -> dict[str, Any]:
    """Return an alert book as plain values."""
    return {
        "open": [_event(event) for event in book.open],
        "recent": [_event(event) for event in book.recent],
        "opened": [(verdict, severity, count) for (verdict, severity), count in book.opened.items()],
    }


def _event(event: AlertEvent) -> dict[str, Any]:
    """Return an event as plain values."""
    return {**asdict(event), "heights": [list(height) for height in event.heights]}


def book_from_plain(plain: dict[str, Any]) -> AlertBook:
    """Return the alert book that was written."""
    book = AlertBook()
    book.write(map(AlertEvent.from_plain, plain["open"]))
    book.recent.clear()
    book.recent.extend(map(AlertEvent.from_plain, plain["recent"]))
    book.opened.clear()
    book.opened.update({(Verdict(verdict), Severity(severity)): count for verdict, severity, count in plain["opened"]})
    return book


def only_devices(
    plain: Mapping[str, Any], left: Collection[str], channels: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """Return what a `ChannelView` froze to, without the devices that are not `left`: an episode of theirs would never close.

    Those of all `channels` that are of such devices are noted, as the broker still has their states.
    """
    book = plain["book"] | {"open": [event for event in plain["book"]["open"] if event["device"] in left]}
    return {
        **plain,
        "states": [state for state in plain["states"] if state[0] in left],
        "heard": {device: heard for device, heard in plain["heard"].items() if device in left},
        "book": book,
        "departures": [*plain.get("departures", ()), *(key for key in channels if key[0] not in left)],
    }
