"""The alert book as JSON has it, and back.

In: a book. Out: lists and dictionaries of plain values. A number that is not finite comes back as not known, as it is told.
"""

from dataclasses import asdict
from typing import Any

from detector.domain import AlertEvent, Kind, Severity, Transition, Verdict
from detector.edge.alert_book import AlertBook


def event_from_plain(plain: dict[str, Any]) -> AlertEvent:
    """Return an alert event, its words as types."""
    words = {"event": Transition, "verdict": Verdict, "kind": Kind, "severity": Severity}
    return AlertEvent(**(plain | {name: kind(plain[name]) for name, kind in words.items()}))


def book_to_plain(book: AlertBook) -> dict[str, Any]:
    """Return an alert book as plain values."""
    return {
        "open": [asdict(event) for event in book.open],
        "recent": [asdict(event) for event in book.recent],
        "opened": [(verdict, severity, count) for (verdict, severity), count in book.opened.items()],
    }


def book_from_plain(plain: dict[str, Any]) -> AlertBook:
    """Return the alert book that was written."""
    book = AlertBook()
    book.write(map(event_from_plain, plain["open"]))
    book.recent.clear()
    book.recent.extend(map(event_from_plain, plain["recent"]))
    book.opened.clear()
    book.opened.update({(Verdict(verdict), Severity(severity)): count for verdict, severity, count in plain["opened"]})
    return book
