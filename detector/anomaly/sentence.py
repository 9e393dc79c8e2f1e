"""The one plain sentence of an alert, with its numbers and units.

In: what is known of an episode's turn. Out: English for a person on the night shift.
"""

from typing import Final

from detector.domain import MICROSECONDS, AlertEvent, Kind, Transition

BACK: Final = {Kind.SILENT: "speaks again", Kind.OUTAGE: "speak again, most of them,"}
"""How the end of some kinds is told."""


def duration_in_words(seconds: float) -> str:
    """Return `45 s`, `12 min`, `4 h 10 min` or `2 d 3 h`."""
    total = round(seconds)
    if total < 120:
        return f"{total} s"
    minutes = round(total / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def quantity(value: float | None, unit: str | None) -> str:
    """Return a number and its unit."""
    if value is None:
        return "an unknown value"
    return f"{number(value)} {unit}" if unit else number(value)


def number(value: float) -> str:
    """Return at most five significant digits, or a whole number where that has more: `21.537`, `101325`, `2.5e+09`."""
    return f"{value:.0f}" if 99_999.5 <= abs(value) < 1e9 else f"{value + 0.0:.5g}"


def sentence(event: AlertEvent) -> str:
    """Return the summary of an event whose other fields are filled in."""
    name, lasted = event.subject, duration_in_words((event.at - event.onset) / MICROSECONDS)
    value, band = quantity(event.value, event.unit), _band(event)
    if event.event is Transition.CLOSED:
        now = BACK.get(event.kind, "is back to normal")
        return f"{name} {now} after {lasted}."
    sentences = {
        Kind.RESIDUAL: f"{name} is {value}, expected {band}.",
        Kind.NOISE: f"{name} has become restless: {value} now, expected {band}.",
        Kind.LEVEL_SHIFT: f"{name} has left its usual level: {value} now, usually about {quantity(event.expected, event.unit)}.",
        Kind.DRIFT: f"{name} has been drifting for {lasted}: {value} now, expected {band}.",
        Kind.SPIKE: f"{name} jumps for single readings: {value} now, expected {band}.",
        Kind.PEERS: f"{name} no longer goes with its peers: {value} now, they suggest {quantity(event.expected, event.unit)}.",
        Kind.CLIPPING: f"{name} keeps running into {value}, as if it could not go further.",
        Kind.STUCK: f"{name} has shown {value} without change for {lasted}, longer than it ever does.",
        Kind.RANGE: f"{name} is {value}, outside its limits of {band}.",
        Kind.SILENT: f"{name} has been silent for {lasted}, longer than is usual for it.",
        Kind.OUTAGE: f"{number(event.value or 0.0)} of {number(event.upper or 0.0)} devices of {name} have been silent for {lasted},"
        " as if a gateway or a link between them and the broker had failed.",
    }
    return sentences[event.kind]


def _band(event: AlertEvent) -> str:
    """Return `62 to 68 °C`, or the one limit there is."""
    if event.lower is None:
        return f"at most {quantity(event.upper, event.unit)}"
    if event.upper is None:
        return f"at least {quantity(event.lower, event.unit)}"
    return f"{number(event.lower)} to {quantity(event.upper, event.unit)}"
