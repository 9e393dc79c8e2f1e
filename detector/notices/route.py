"""Which alerts a receiver is there for, and which of them it is told of together.

In: a receiver of the configuration, an alert, its labels. Out: yes or no; what alerts of one trouble have in common.
"""

import re
from fnmatch import translate
from functools import lru_cache
from typing import Final

from detector.domain import AlertEvent, Severity, Verdict
from detector.notices.directory import ENTRY, Labels
from detector.settings.receivers import ReceiverSettings

CRITICAL: Final = Severity.CRITICAL.rank


def wants(receiver: ReceiverSettings, event: AlertEvent, labels: Labels) -> bool:
    """Return whether a receiver is to hear of an alert."""
    return grave_enough(receiver, event) and addressed(receiver, event, labels)


def addressed(receiver: ReceiverSettings, event: AlertEvent, labels: Labels) -> bool:
    """Return whether an alert is this receiver's, however grave."""
    if receiver.verdicts is not None and event.verdict.value not in receiver.verdicts:
        return False
    found = dict(labels)
    return matches(receiver.devices, event.device) and all(
        name in found and matches(glob, found[name]) for name, glob in receiver.labels.items()
    )


def grave_enough(receiver: ReceiverSettings, event: AlertEvent) -> bool:
    """Return whether an alert is grave enough for a receiver."""
    return event.severity.rank >= Severity(receiver.severity).rank


def together(receiver: ReceiverSettings, event: AlertEvent, labels: Labels) -> str:
    """Return what an alert has in common with those that it is told with."""
    default = () if event.verdict is Verdict.TRANSPORT else (ENTRY,)
    names = default if receiver.by is None else receiver.by
    found = dict(labels)
    return "\n".join((event.verdict.value, *(f"{name}={found.get(name, '')}" for name in names)))


def matches(glob: str, name: str) -> bool:
    """Return whether a name is of a glob, letter case and all."""
    return _compiled(glob).fullmatch(name) is not None


@lru_cache(1024)
def _compiled(glob: str) -> re.Pattern[str]:
    """Return the regular expression of a glob."""
    return re.compile(translate(glob))
