"""Where devices are: the labels that their topics gave them, and the `sensors` entry they came through.

In: a device's labels whenever a message of it comes. Out: the labels of an alert; how many devices share some.
"""

from collections.abc import Mapping
from typing import Final

from detector.domain import AlertEvent, Kind
from detector.notices.kept import Kept

Labels = tuple[tuple[str, str], ...]
"""Names and values, in order of name."""

ENTRY: Final = "sensors"
"""The label that names the entry."""

OWN: Final = ("device", "channel")
"""Labels that every alert has of itself."""


class Directory:
    """The labels of every device that was heard; the scoring thread owns it."""

    def __init__(self, most: int) -> None:
        """Know no device, and never more than so many: beyond that the first to come is the first to go."""
        self.table = Kept[str, Labels]("device", str, _labels, list)
        self.dropped = 0
        """How many devices had to go so far: whoever noted one that is still heard has to note it again."""
        self._most = most

    def note(self, device: str, entry: str, labels: Mapping[str, str]) -> None:
        """Take note of a device's labels."""
        found = tuple(sorted({**labels, ENTRY: entry}.items()))
        if self.table.get(device) != found:
            self.table[device] = found
            if len(self.table) > self._most:
                del self.table[next(iter(self.table))]
                self.dropped += 1

    def labels(self, event: AlertEvent) -> Labels:
        """Return the labels of an alert: of an outage, which has no device, the entry alone."""
        if event.kind is Kind.OUTAGE:
            return ((ENTRY, event.device),)
        own = {"device": event.device} | ({} if event.channel is None else {"channel": event.channel})
        return tuple(sorted((dict(self.table.get(event.device, ())) | own).items()))

    def size(self, labels: Mapping[str, str]) -> int:
        """Return how many devices have all of these labels."""
        wanted = labels.items()
        return sum(wanted <= dict(found).items() for found in self.table.values())


def _labels(plain: list[list[str]]) -> Labels:
    """Return labels as JSON gave them back."""
    return tuple((name, value) for name, value in plain)
