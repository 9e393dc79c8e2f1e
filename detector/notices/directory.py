"""Where devices are: the labels that their topics gave them, and the `sensors` entry they came through.

In: a device's labels whenever a message of it comes. Out: the labels of an alert; how many devices share some.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from detector.domain import AlertEvent, Kind
from detector.notices.kept import Kept, Row

Label = tuple[str, str]
"""A name and its value."""

Labels = tuple[Label, ...]
"""Names and values, in order of name."""

ENTRY: Final = "sensors"
"""The label that names the entry."""

OWN: Final = ("device", "channel")
"""Labels that every alert has of itself."""


class Directory:
    """The labels of every device that was heard; the scoring thread owns it, any may ask for those of an alert."""

    def __init__(self, most: int) -> None:
        """Know no device, and never more than so many: beyond that the first to come is the first to go."""
        self.table = Kept[str, Labels]("device", str, _labels, list)
        self.dropped = 0
        """How many devices had to go so far: whoever noted one that is still heard has to note it again."""
        self._most = most
        self._having: dict[Label, set[str]] = {}
        """The devices that have a label."""

    def note(self, device: str, entry: str, labels: Mapping[str, str]) -> None:
        """Take note of a device's labels."""
        found = tuple(sorted({**labels, ENTRY: entry}.items()))
        before = self.table.get(device)
        if before != found:
            self._unlist(device, before or ())
            self.table[device] = found
            self._list(device, found)
            while len(self.table) > self._most:
                first = next(iter(self.table))
                self._unlist(first, self.table[first])
                del self.table[first]
                self.dropped += 1

    def restore(self, rows: Iterable[Row]) -> None:
        """Take back what was written down; for a directory that knows no device yet."""
        for table, key, value in rows:
            if table == self.table.name:
                self.table.restore(key, value)
        for device, labels in self.table.items():
            self._list(device, labels)

    def labels(self, event: AlertEvent) -> Labels:
        """Return the labels of an alert: of an outage, which has no device, the entry alone."""
        if event.kind is Kind.OUTAGE:
            return ((ENTRY, event.device),)
        own = {"device": event.device} | ({} if event.channel is None else {"channel": event.channel})
        found = self.table.data.get(event.device, ())  # in one step: threads of sinks ask, too
        return tuple(sorted((dict(found) | own).items()))

    def size(self, labels: Mapping[str, str]) -> int:
        """Return how many devices have all of these labels."""
        if not labels:
            return len(self.table)
        return len(set.intersection(*sorted((self._having.get(label, set()) for label in labels.items()), key=len)))

    def _list(self, device: str, labels: Labels) -> None:
        """Enter a device under its labels."""
        for label in labels:
            self._having.setdefault(label, set()).add(device)

    def _unlist(self, device: str, labels: Labels) -> None:
        """Strike a device out; a label that nobody has any more goes as well."""
        for label in labels:
            self._having[label].remove(device)
            if not self._having[label]:
                del self._having[label]


def _labels(plain: list[list[str]]) -> Labels:
    """Return labels as JSON gave them back."""
    return tuple((name, value) for name, value in plain)
