"""Says which readings of a recording the configuration asks for, and under which name.

In: the `sensors` entries. Out: for a device, its entry and the channel that each column is.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from detector.settings.sensors import SensorSettings


class Claim(NamedTuple):
    """The `sensors` entry that a device belongs to, and what it calls the device's columns."""

    entry: int
    channel_of: Mapping[str, str] | None
    """Channel of each column that is asked for; None: every column is the channel of its own name."""

    def channel(self, column: str) -> str | None:
        """Return the channel that a column is, or None when nobody asks for it."""
        return column if self.channel_of is None else self.channel_of.get(column)


class Claims:
    """The `sensors` entries, as far as recordings go: a device belongs to the first whose `devices` glob matches."""

    def __init__(self, sensors: Sequence[SensorSettings]) -> None:
        """Take the entries in the order of the configuration."""
        claims = [Claim(index, _columns(entry)) for index, entry in enumerate(sensors)]
        self._globs = [(entry.devices, claim) for entry, claim in zip(sensors, claims, strict=True)]
        self._names = {entry.name: claim for entry, claim in zip(sensors, claims, strict=True)}
        self.of = lru_cache(maxsize=65_536)(self._find)

    def through(self, name: str, device: str) -> Claim | None:
        """Return the claim of the entry of this name, where there is none any more that on the device, or None."""
        return self._names.get(name) or self.of(device)

    def _find(self, device: str) -> Claim | None:
        """Return the claim on a device, or None when no entry matches it."""
        return next((claim for glob, claim in self._globs if fnmatchcase(device, glob)), None)


def _columns(entry: SensorSettings) -> dict[str, str] | None:
    """Map the columns of an entry to its channels: by field, and before that by the channel's own name."""
    if entry.channels == "auto":
        return None
    by_field = {channel.field: name for name, channel in entry.channels.items() if channel.field}
    return by_field | {name: name for name in entry.channels}
