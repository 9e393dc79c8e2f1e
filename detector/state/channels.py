"""The channel table: which row of the stored arrays belongs to which channel of which device.

In: devices and names of channels. Out: slots, in order of arrival. A million devices have a few names of channels among them:
what is kept of each channel is two numbers, and no key of its own.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from detector.state.slots import Slot, SlotTable

ChannelKey = tuple[str, str]
"""Device and channel."""

NONE: Final = -1

NAMES: Final = 32
"""Bits of the number of a name, below that of the device."""


class ChannelTable:
    """Channels to slots, bounded by `capacity`; a channel's device has to have its slot first.

    The first channel of each device is found by the device's slot, and the others by a dictionary.
    """

    def __init__(self, devices: SlotTable[str], capacity: int) -> None:
        """Make an empty table for at most `capacity` channels of these devices."""
        self.capacity = capacity
        self._devices = devices
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._device_of, self._name_of = array("i"), array("i")
        self._first = array("i")
        """Slot of the first channel of each device."""
        self._further: dict[int, Slot] = {}

    def __len__(self) -> int:
        """Return how many channels have a slot."""
        return len(self._device_of)

    def __iter__(self) -> Iterator[ChannelKey]:
        """Iterate over the channels in slot order."""
        return iter(self.keys())

    @property
    def full(self) -> bool:
        """Whether there is no slot for a further channel."""
        return self.room <= 0

    @property
    def room(self) -> int:
        """Return how many further channels there is a slot for; negative where more were restored than that."""
        return self.capacity - len(self)

    def find(self, key: ChannelKey) -> Slot | None:
        """Return the slot of a channel, or None for one that has none."""
        device, name = self._devices.find(key[0]), self._numbers.get(key[1])
        if device is None or name is None or device >= len(self._first):
            return None
        first = self._first[device]
        if first != NONE and self._name_of[first] == name:
            return Slot(first)
        return self._further.get(device << NAMES | name)

    def key_of(self, slot: Slot) -> ChannelKey:
        """Return the device and the name of the channel that a slot serves."""
        return self._devices.key_of(Slot(self._device_of[slot])), self._names[self._name_of[slot]]

    def keys(self) -> "ChannelKeys":
        """Return the channels that there are now, in slot order; those that come later are not among them."""
        return ChannelKeys(self, len(self))

    def devices(self) -> NDArray[np.intp]:
        """Return the device of each channel, as its slot. Shape (N,)."""
        return self.devices_from(0)

    def devices_from(self, first: int) -> NDArray[np.intp]:
        """Return the devices of the channels from this slot on."""
        return np.frombuffer(self._device_of, np.intc)[first:].astype(np.intp)

    def names_of(self, slots: NDArray[np.intp]) -> NDArray[np.intc]:
        """Return a number of the name of each of these channels, the same for those that share it. Shape (C,)."""
        return np.frombuffer(self._name_of, np.intc)[slots]

    def restore(self, keys: Iterable[ChannelKey]) -> None:
        """Give these channels the slots in their order, whatever the capacity says; for a table that is empty."""
        assert not self._device_of
        for device, name in keys:
            self._add(device, name)

    def assign(self, key: ChannelKey) -> Slot | None:
        """Return the slot of a channel, giving it the next free one; None when the table is full."""
        slot = self.find(key)
        if slot is None and not self.full:
            slot = Slot(len(self))
            self._add(*key)
        return slot

    def _add(self, device: str, name: str) -> None:
        """Give a channel that has none the next slot."""
        slot, owner = Slot(len(self)), self._devices.find(device)
        assert owner is not None, f"expected a device that has a slot, got {device!r}"
        number = self._numbers.setdefault(name, len(self._names))
        if number == len(self._names):
            self._names.append(name)
        if owner >= len(self._first):
            self._first.extend([NONE] * (owner + 1 - len(self._first)))
        if self._first[owner] == NONE:
            self._first[owner] = slot
        else:
            self._further[owner << NAMES | number] = slot
        self._device_of.append(owner)
        self._name_of.append(number)


class ChannelKeys(Sequence[ChannelKey]):
    """The first channels of a table, which only grows; each is put together when it is asked for."""

    def __init__(self, table: ChannelTable, count: int) -> None:
        """Take the first `count` channels."""
        self._table, self._count = table, count

    def __len__(self) -> int:
        """Return how many channels they are."""
        return self._count

    @overload
    def __getitem__(self, place: int) -> ChannelKey: ...
    @overload
    def __getitem__(self, place: slice) -> list[ChannelKey]: ...
    def __getitem__(self, place: int | slice) -> ChannelKey | list[ChannelKey]:
        """Return one channel, or some."""
        slots = range(self._count)[place]
        return (
            self._table.key_of(Slot(slots)) if isinstance(slots, int) else [self._table.key_of(Slot(s)) for s in slots]
        )

    def __iter__(self) -> Iterator[ChannelKey]:
        """Iterate over the channels, one by one."""
        return map(self._table.key_of, map(Slot, range(self._count)))

    def __eq__(self, other: object) -> bool:
        """Tell whether the same channels stand in the same order."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]
