"""Through which `sensors` entry each channel comes, and what the configuration says of it.

In: the channels of an alignment, in slot order, and their entries. Out: settings, of one channel or of all that share them: a fleet
of a million has a few sorts of channels.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from detector.settings import ChannelSettings, SensorSettings
from detector.state.channels import ChannelTable
from detector.state.rows import Slots
from detector.state.slots import Slot


class Sort(NamedTuple):
    """Channels of one name that come through one entry."""

    sensor: SensorSettings
    name: str
    places: Slots
    """Their places among the channels that were looked at, in order."""


class Entries:
    """The entry of every channel, by its place in the configuration."""

    def __init__(self, channels: ChannelTable, sensors: Sequence[SensorSettings]) -> None:
        """Know no channel's entry."""
        self.sensors = sensors
        self._channels = channels
        self._entries = array("i")

    def __len__(self) -> int:
        """Return of how many channels the entry is known."""
        return len(self._entries)

    def __getitem__(self, slot: int) -> int:
        """Return the entry of a channel."""
        return self._entries[slot]

    def extend(self, entries: Iterable[int]) -> None:
        """Take the entries of the next channels, in slot order."""
        self._entries.extend(entries)

    def names(self) -> list[str]:
        """Return the name of the entry of each channel, in slot order."""
        names = [sensor.name for sensor in self.sensors]
        return [names[entry] for entry in self._entries]

    def renew(self, names: Iterable[str], sensors: Sequence[SensorSettings]) -> None:
        """Go on with entries of these names, in slot order, among new ones; a channel whose entry is gone takes the first one."""
        places = {sensor.name: place for place, sensor in enumerate(sensors)}
        self.sensors, self._entries = sensors, array("i", [places.get(name, 0) for name in names])

    def of(self, slots: Slots) -> Slots:
        """Return the entries of channels. Shape (C,)."""
        return np.frombuffer(self._entries, np.intc)[slots].astype(np.intp)

    def settings_of(self, slot: Slot) -> ChannelSettings:
        """Return what the configuration says of a channel."""
        return channel_settings(self.sensors[self._entries[slot]], self._channels.key_of(slot)[1])

    def sorts_of(self, slots: Slots) -> Iterator[Sort]:
        """Yield the sorts of channels (C,), in the order of the first channel of each."""
        entries, names = self.of(slots), self._channels.names_of(slots)
        order = np.lexsort((names, entries))  # stable: within a sort, places stay in order
        begins = np.ones(len(order), np.bool_)
        begins[1:] = (np.diff(entries[order]) != 0) | (np.diff(names[order]) != 0)
        starts = begins.nonzero()[0]
        ends = np.append(starts[1:], len(order))
        for sort in np.argsort(order[starts]).tolist():
            places = order[starts[sort] : ends[sort]]
            entry, (_, name) = int(entries[places[0]]), self._channels.key_of(Slot(int(slots[places[0]])))
            yield Sort(self.sensors[entry], name, places)


def channel_settings(sensor: SensorSettings, name: str) -> ChannelSettings:
    """Return what an entry says of a channel of this name."""
    return ChannelSettings() if sensor.channels == "auto" else sensor.channels.get(name, ChannelSettings())
