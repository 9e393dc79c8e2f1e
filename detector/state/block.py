"""A block: named arrays with one row a slot, grown together.

Each stage of the engine owns one block and is the only one to write it. The snapshot sees its named arrays.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from detector.state.room import room_of, seen_in, widened, zeros

AT_ONCE: Final = 4096
"""Rows that a turn over all of them takes in hand together: few enough that they stay in the processor's cache meanwhile."""


class Keys(StrEnum):
    """What slots are numbers of."""

    CHANNEL = "channel"
    DEVICE = "device"
    POOL = "pool"
    """Pool p has row p + 1; row 0 is that of channels without one."""
    LIST = "list"
    """Of nothing: the rows are a list, as long as it is."""


class Block:
    """Struct-of-arrays state: every array has one row a slot, and rows of new slots hold the stated start values.

    Rows of a column of numbers are read as `column[slots]`; those of any wider column as `column.take(slots, axis=0)`,
    which takes a quarter of the time for 16 rows and an eighth for 1,000 (`python -m timeit`).

    Subclasses pass their columns to `__init__` and reach them as attributes, and say what a snapshot has to know of them.
    """

    version: ClassVar[int] = 1
    """Of what the columns mean: raise it where an array of the same name and shape came to mean something else."""
    keyed_by: ClassVar[Keys] = Keys.CHANNEL
    """What has a row here."""
    of_network: ClassVar[frozenset[str]] = frozenset()
    """Columns that mean nothing to another network."""
    refers: ClassVar[Mapping[str, Keys]] = {}
    """Columns that hold slots: when slots are given anew, these numbers change."""

    def __init__(self, columns: Mapping[str, tuple[tuple[int, ...], DTypeLike, float]]) -> None:
        """Declare columns: name to (shape of one row, dtype, start value)."""
        self._columns = dict(columns)
        self._rows = 0
        self._allocate(0)

    def __len__(self) -> int:
        """Return how many rows are in use."""
        return self._rows

    def _allocate(self, capacity: int) -> None:
        """Give every column `capacity` rows, keeping those in use, one column after the other.

        Rows that are not in use are not touched, so that they take no memory. The last one alone holds start values from now on, as
        a slot of -1, for nobody, reads it.
        """
        for name, (shape, dtype, start) in self._columns.items():
            column = self._larger(name, (capacity, *shape), dtype)
            if start != 0.0:
                column[self._rows :][-1:] = start
            setattr(self, name, column)
        self._capacity = capacity

    def _larger(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return a column with more rows; its memory moves along where nobody else looks at it."""
        old = getattr(self, name, None)
        room = None if old is None else room_of(old)
        if room is not None:
            old = None
            setattr(self, name, None)
            moved = widened(room, shape, dtype)
            if moved is not None:
                return moved
            old = seen_in(room, (self._capacity, *shape[1:]), dtype)
        larger = zeros(shape, dtype)
        if old is not None:
            larger[: self._rows] = old[: self._rows]
        return larger

    def grow(self, rows: int) -> None:
        """Make room for `rows` rows; capacity is the next power of two, so that growing one by one costs constant time each.

        Rows that were adopted may be one less than what memory is meant for: doubling those would take twice of it.
        """
        if rows > self._capacity:
            self._allocate(max(16, 1 << (rows - 1).bit_length()))
        if rows > self._rows:
            for name, (_, _, start) in self._columns.items():
                if start != 0.0:
                    getattr(self, name)[self._rows : rows] = start
            self._rows = rows

    def stretches(self) -> Iterator[slice]:
        """Yield slices of the rows in use, for turns over all of them: of a million rows, what is made of each would be gigabytes."""
        for first in range(0, self._rows, AT_ONCE):
            yield slice(first, min(self._rows, first + AT_ONCE))

    def adopt(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take these arrays, of equally many rows, for the columns of their names; the others hold their start values.

        Nothing is copied: whoever hands an array over lets go of it.
        """
        self._rows = self._capacity = len(next(iter(arrays.values())))
        for name, (shape, dtype, start) in self._columns.items():
            given = arrays.get(name)
            setattr(self, name, np.full((self._rows, *shape), start, dtype) if given is None else given)

    def fits(self, name: str, array: NDArray[np.generic]) -> bool:
        """Return whether an array can be the column of this name."""
        shape, dtype, _ = self._columns[name]
        return array.shape[1:] == shape and array.dtype == np.dtype(dtype)

    def begin(self, slots: NDArray[np.intp]) -> None:
        """Give these rows their start values again."""
        for name, (_, _, start) in self._columns.items():
            getattr(self, name)[slots] = start

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return views of the rows in use, by name, for the snapshot and for inspection."""
        return {name: getattr(self, name)[: self._rows] for name in self._columns}
