"""What sinks need to know that no receiver's settings say: where secrets are, what time it is, what was told and what lasts.

In: nothing. Out: the type. Two surroundings that are equal are the same to a sink, so a reload need not make it anew.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from detector.clock import Clock
from detector.domain import AlertEvent
from detector.edge.sinks.keyring import Keyring


def nothing_told(_sink: str) -> Sequence[AlertEvent]:
    """Return no alert: there was no time before this."""
    return ()


def nowhere(_event: AlertEvent) -> Iterable[tuple[str, str]]:
    """Return no label: nothing is known of where a device is."""
    return ()


def unknown() -> None:
    """Return that nobody knows which alerts last."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it."""

    keyring: Keyring
    clock: Clock
    told: Callable[[str], Sequence[AlertEvent]] = nothing_told
    """Returns what a sink was told of alerts that last: the journal knows it over a restart. For the scoring thread."""
    places: Callable[[AlertEvent], Iterable[tuple[str, str]]] = nowhere
    """Returns the labels with which topics placed the device of an alert; for any thread."""
    lasting: Callable[[], Collection[str] | None] = unknown
    """Returns the ids of the alerts that are open; None while that is not known. For any thread."""
    external_url: str = ""
    """Where people reach our page; empty where they cannot."""
