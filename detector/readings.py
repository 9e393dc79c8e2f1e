"""A stretch of the stream as columns: whose each reading is, when, and what it says.

In: readings one by one, or the numbers of their channels. Out: `Readings`, which is a sequence of `Reading` for whoever wants them
one by one, and arrays for the way through the engine, on which no reading is an object of its own.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from detector.domain import EventTime, Reading


class Name(NamedTuple):
    """Whose a reading is."""

    device: str
    channel: str
    entry: int
    """Index of the `sensors` entry that it comes through."""


class Names:
    """Numbers names in the order in which they are met; a number serves one name for ever.

    There may be millions. What is kept of each is four numbers, and no object of its own: the first name of a device is found by the
    device, and only further ones stand in a dictionary.
    """

    def __init__(self) -> None:
        """Know no name."""
        self._device, self._channel, self._entry = array("i"), array("i"), array("i")
        self._earliest = array("i")
        """The earliest name of the same device and channel, through whatever entry."""
        self._devices: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._of_devices: list[str] = []
        self._of_channels: list[str] = []
        self._first = array("i")
        """The first name of each device."""
        self._further: dict[int, int] = {}
        """The earliest names of a device's other channels, by `_key`."""
        self._through: dict[tuple[int, int], int] = {}
        """Names that are not the earliest of their channel, by that one and their entry."""

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self._device)

    def __getitem__(self, number: int) -> Name:
        """Return the name of a number."""
        device, channel = self._of_devices[self._device[number]], self._of_channels[self._channel[number]]
        return Name(device, channel, self._entry[number])

    def number(self, name: Name) -> int:
        """Return the number of a name; a new one if it was not met before."""
        device, channel = self._devices.get(name.device), self._channels.get(name.channel)
        if device is None or channel is None:
            return self._meet(name)
        earliest = self._earliest_of(device, channel)
        if earliest is None:
            return self._meet(name)
        if self._entry[earliest] == name.entry:
            return earliest
        number = self._through.get((earliest, name.entry))
        return self._meet(name) if number is None else number

    def those_of(self, numbers: NDArray[np.intp]) -> Iterator[Name]:
        """Return the names of numbers (B,), one by one."""
        columns = (
            np.frombuffer(column, np.intc)[numbers].tolist() for column in (self._device, self._channel, self._entry)
        )
        for device, channel, entry in zip(*columns, strict=True):
            yield Name(self._of_devices[device], self._of_channels[channel], entry)

    def devices_of(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return a number for the device of each name. Shape (B,)."""
        return np.frombuffer(self._device, np.intc)[numbers].astype(np.intp)

    def channels_of(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return a number, below that of all names, for the device and channel of each name, through whatever entry. Shape (B,)."""
        return np.frombuffer(self._earliest, np.intc)[numbers].astype(np.intp)

    def entries_of(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the entry of each name. Shape (B,)."""
        return np.frombuffer(self._entry, np.intc)[numbers].astype(np.intp)

    def _earliest_of(self, device: int, channel: int) -> int | None:
        """Return the earliest name of a channel of a device that was met before; None where there is none."""
        first = self._first[device]
        return first if self._channel[first] == channel else self._further.get(_key(device, channel))

    def _meet(self, name: Name) -> int:
        """Give a name its number."""
        number = len(self)
        device = self._devices.setdefault(name.device, len(self._of_devices))
        channel = self._channels.setdefault(name.channel, len(self._of_channels))
        if channel == len(self._of_channels):
            self._of_channels.append(name.channel)
        if device == len(self._of_devices):
            self._of_devices.append(name.device)
            self._first.append(number)
        known = self._earliest_of(device, channel) if self._first[device] < number else number
        earliest = number if known is None else known
        if known is None:
            self._further[_key(device, channel)] = number
        elif known < number:
            self._through[known, name.entry] = number
        columns = (self._device, self._channel, self._entry, self._earliest)
        for column, value in zip(columns, (device, channel, name.entry, earliest), strict=True):
            column.append(value)
        return number


def _key(device: int, channel: int) -> int:
    """Return one number for two."""
    return device << 32 | channel


class Readings(Sequence[Reading]):
    """Readings in stream order. Shapes: every array is (B,)."""

    __slots__ = ("at_us", "names", "numbers", "values")

    def __init__(
        self, names: Names, numbers: NDArray[np.intp], at_us: NDArray[np.int64], values: NDArray[np.float64]
    ) -> None:
        """Take columns: numbers among `names`, event times in µs, and values."""
        self.names, self.numbers, self.at_us, self.values = names, numbers, at_us, values

    @classmethod
    def of(cls, readings: Iterable[Reading], names: Names | None = None) -> "Readings":
        """Return readings as columns; the very same where they are that already."""
        if isinstance(readings, Readings):
            return readings
        known, rows = Names() if names is None else names, list(readings)
        return cls(
            known,
            np.array([known.number(Name(device, channel, entry)) for device, channel, _, _, entry in rows], np.intp),
            np.array([reading.at for reading in rows], np.int64),
            np.array([reading.value for reading in rows], np.float64),
        )

    @property
    def devices(self) -> NDArray[np.intp]:
        """Return the number of each reading's device. Shape (B,)."""
        return self.names.devices_of(self.numbers)

    @property
    def channels(self) -> NDArray[np.intp]:
        """Return the number of each reading's device and channel. Shape (B,)."""
        return self.names.channels_of(self.numbers)

    def __len__(self) -> int:
        """Return how many readings there are."""
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> Reading: ...
    @overload
    def __getitem__(self, place: slice) -> "Readings": ...
    def __getitem__(self, place: int | slice) -> "Reading | Readings":
        """Return one reading, or a stretch of them, which is a view."""
        if isinstance(place, slice):
            return Readings(self.names, self.numbers[place], self.at_us[place], self.values[place])
        device, channel, entry = self.names[int(self.numbers[place])]
        return Reading(device, channel, EventTime(int(self.at_us[place])), float(self.values[place]), entry)

    def __iter__(self) -> Iterator[Reading]:
        """Iterate over readings, one by one."""
        columns = (self.names.those_of(self.numbers), self.at_us.tolist(), self.values.tolist())
        for (device, channel, entry), at, value in zip(*columns, strict=True):
            yield Reading(device, channel, EventTime(at), value, entry)

    def __eq__(self, other: object) -> bool:
        """Tell whether the same readings stand in the same order, whatever the numbers of their names."""
        return isinstance(other, Readings) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show the readings."""
        return f"Readings.of({list(self)!r})"


class Columns:
    """Readings on their way into columns."""

    def __init__(self, names: Names) -> None:
        """Start without a reading."""
        self.names = names
        self.numbers: list[int] = []
        self.at_us: list[int] = []
        self.values: list[float] = []

    def __len__(self) -> int:
        """Return how many readings there are."""
        return len(self.numbers)

    def add(self, name: Name, at: EventTime, value: float) -> None:
        """Take one reading."""
        self.numbers.append(self.names.number(name))
        self.at_us.append(at)
        self.values.append(value)

    def cut(self, length: int) -> None:
        """Forget the readings after the first `length`."""
        del self.numbers[length:], self.at_us[length:], self.values[length:]

    def readings(self) -> Readings:
        """Return them as columns."""
        return Readings(
            self.names,
            np.array(self.numbers, np.intp),
            np.array(self.at_us, np.int64),
            np.array(self.values, np.float64),
        )
