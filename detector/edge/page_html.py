"""The pieces that the page is made of: texts that hold nothing but text, numbers and moments as a person reads them, tables.

In: values, and names that come from the network. Out: HTML.
"""

import html
from collections.abc import Iterable
from typing import Final

from detector.domain import MICROSECONDS, EventTime
from detector.edge.logs import printable
from detector.stream.timestamp import format_event_time

NUMBERS: Final = {"value", "expected", "band", "score", "skill"}
"""Columns that are set flush right."""


def text(words: str) -> str:
    """Return words as HTML, whatever they hold."""
    return html.escape(printable(words))


def number(value: float | None, unit: str = "") -> str:
    """Return a number as a person reads it, nothing where it is not known."""
    return "" if value is None else f"{value:.5g}{' ' if unit else ''}{text(unit)}"


def moment(at: EventTime) -> str:
    """Return an event time to the second."""
    return format_event_time(EventTime(at - at % MICROSECONDS)).replace("T", " ")


def table(title: str, columns: Iterable[str], rows: list[str], more: int, empty: str) -> str:
    """Return a titled table, or the sentence that stands for an empty one."""
    if not rows:
        return f"<h2>{title}</h2><p>{empty}</p>"
    head = "".join(f'<th class="{"number" if column in NUMBERS else ""}">{column}</th>' for column in columns)
    rest = f"<p>and {more:,} more</p>" if more > 0 else ""
    return f'<h2>{title}</h2><div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>{rest}'
