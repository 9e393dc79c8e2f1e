"""One value of a payload: a finite number, or the reason why not.

In: what a JSON field or a bare payload holds. Out: a float, or `Rejected`.
"""

import math
import re

from detector.domain import Rejected, RejectReason
from detector.stream.names import shown

LONGEST = 1000
"""Characters of the longest text that may still be a number; float() takes its time with longer ones."""

PLAIN_NUMBER = re.compile(rb"[+-]?[0-9]{1,15}(?:\.[0-9]{0,15})?")
"""A payload that is a number beyond all question, as most are."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def as_number(value: object, place: str) -> float | Rejected:
    """Take a JSON value as a number; text is never one, quoted or not, nor are true and false."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, float | int) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        return (
            number
            if math.isfinite(number)
            else _not(RejectReason.NOT_FINITE, place, "a finite number", "one too large")
        )
    if value is None:
        return _not(RejectReason.NULL, place, "a number", "null")
    kind = "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else repr(value)
    return _not(RejectReason.NOT_A_NUMBER, place, "a number", shown(kind))


def parse_number(text: str, place: str) -> float | Rejected:
    """Read a payload that is one number: `21.5`, ` 1e3 `; a decimal comma is not accepted."""
    text = text.strip()
    if not text:
        return _not(RejectReason.NO_VALUES, place, "a number", "an empty payload")
    if len(text) <= LONGEST and _DECIMAL.fullmatch(text):
        return as_number(float(text), place)
    if text == "null":
        return as_number(None, place)
    reason = RejectReason.NOT_FINITE if _NOT_FINITE.fullmatch(text) else RejectReason.NOT_A_NUMBER
    return _not(reason, place, "a number such as 21.5", shown(repr(text[:LONGEST])))


def _not(reason: RejectReason, place: str, expected: str, got: str) -> Rejected:
    """Reject a value."""
    return Rejected(reason, f"{shown(place)}: expected {expected}, got {got}")
