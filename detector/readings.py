"""A stretch of the stream as columns: whose each reading is, when, and what it says.

In: readings one by one, or the numbers of their channels. Out: `Readings`, which is a sequence of `Reading` for whoever wants them
one by one, and arrays for the way through the engine, on which no reading is an object of its own.
"""

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
    """Numbers names in the order in which they are met; a number serves one name for ever."""

    def __init__(self) -> None:
        """Know no name."""
        self._names: list[Name] = []
        self._numbers: dict[Name, int] = {}
        self._devices: dict[str, int] = {}
        self._channels: dict[tuple[str, str], int] = {}
        self._whose = np.zeros((3, 16), np.intp)

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self._names)

    def __getitem__(self, number: int) -> Name:
        """Return the name of a number."""
        return self._names[number]

    def number(self, name: Name) -> int:
        """Return the number of a name; a new one if it was not met before."""
        number = self._numbers.get(name)
        return self._meet(name) if number is None else number

    @property
    def device_of(self) -> NDArray[np.intp]:
        """Return a number for each name's device. Shape (N,)."""
        devices: NDArray[np.intp] = self._whose[0]
        return devices

    @property
    def channel_of(self) -> NDArray[np.intp]:
        """Return a number for each name's device and channel, through whatever entry. Shape (N,)."""
        channels: NDArray[np.intp] = self._whose[1]
        return channels

    @property
    def entry_of(self) -> NDArray[np.intp]:
        """Return the entry of each name. Shape (N,)."""
        entries: NDArray[np.intp] = self._whose[2]
        return entries

    def _meet(self, name: Name) -> int:
        """Give a name its number."""
        number = self._numbers[name] = len(self._names)
        self._names.append(name)
        if number == self._whose.shape[1]:
            self._whose = np.concatenate([self._whose, np.zeros_like(self._whose)], axis=1)
        self._whose[0, number] = self._devices.setdefault(name.device, len(self._devices))
        self._whose[1, number] = self._channels.setdefault((name.device, name.channel), len(self._channels))
        self._whose[2, number] = name.entry
        return number


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
        return self.names.device_of[self.numbers]

    @property
    def channels(self) -> NDArray[np.intp]:
        """Return the number of each reading's device and channel. Shape (B,)."""
        return self.names.channel_of[self.numbers]

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
        columns = (self.numbers.tolist(), self.at_us.tolist(), self.values.tolist())
        for number, at, value in zip(*columns, strict=True):
            device, channel, entry = self.names[number]
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
