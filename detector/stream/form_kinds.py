"""The kinds of forms: how payloads are read together that differ in whose they are alone.

In: payloads of members of one form, and the members' rows in it. Out: their readings as a `Block`; what is not plain in a payload leaves that one
out, and no other.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final, Protocol

import numpy as np
import orjson

from detector.settings import TimestampSettings
from detector.stream.block import NO_BLOCK, Block, Floats, Places, block_of, join
from detector.stream.number import PLAIN_NUMBER
from detector.stream.stamp import Ints, Stamp

SHAPES: Final = 16
"""Sets of keys that one form knows, where every number is a channel."""

NONE: Final = -1
NUMBERS: Final = {float, int}
PASSED_OVER: Final = {str, bool, type(None)}
NESTED: Final = {dict, list}

NumberOf = Callable[[str], int | None]
"""The number among names of a channel by its key; None where that is no plain one."""


class Form(Protocol):
    """How payloads are read that differ in whose they are alone."""

    def read(self, payloads: Sequence[bytes], rows: Places, arrived_us: Ints) -> Block:
        """Read payloads (B,) of the members in these rows (B,)."""
        ...


class Table:
    """Numbers of names, a row for each member of a form and a column for each field."""

    def __init__(self, columns: int) -> None:
        """Start without members."""
        self._numbers = np.full((16, columns), NONE, np.intp)
        self._count = 0

    def add(self, numbers: Sequence[int]) -> int:
        """Take a member; return its row."""
        row, self._count = self._count, self._count + 1
        self.put(row, numbers)
        return row

    def put(self, row: int, numbers: Sequence[int]) -> None:
        """Put the numbers of a member in their place."""
        self.reach(row)
        self._numbers[row] = numbers

    def reach(self, row: int) -> None:
        """Have a place for a row."""
        if row >= len(self._numbers):
            more = np.full((max(row + 1, len(self._numbers)), self._numbers.shape[1]), NONE, np.intp)
            self._numbers = np.concatenate([self._numbers, more])

    def of(self, rows: Places) -> Places:
        """Return the numbers of some members. Shape (B, F)."""
        numbers: Places = self._numbers[rows]
        return numbers


class ValueForm:
    """Payloads that are one number as text."""

    def __init__(self) -> None:
        """Start without members."""
        self.table = Table(1)

    def read(self, payloads: Sequence[bytes], rows: Places, arrived_us: Ints) -> Block:
        """Read those that are plain numbers."""
        good = [place for place, match in enumerate(map(PLAIN_NUMBER.fullmatch, payloads)) if match is not None]
        places = np.array(good, np.intp)
        values = np.array([float(payloads[place]) for place in good], np.float64)
        return block_of(places, self.table.of(rows[places]), arrived_us[places], values[:, None])


class FieldsForm:
    """Objects that have the configured fields, `row_of` says them of one that has all of them as numbers."""

    def __init__(
        self,
        keys: Sequence[str] | None,
        row_of: Callable[[dict[str, Any]], list[float] | None],
        columns: int,
        timestamp: TimestampSettings | None,
    ) -> None:
        """Look under these keys; None where it is not for a key alone to say where a field is."""
        self.table = Table(columns)
        self._columns, self._row_of, self._stamp = columns, row_of, Stamp(timestamp)
        self._cells = None if keys is None else itemgetter(*keys)

    def read(self, payloads: Sequence[bytes], rows: Places, arrived_us: Ints) -> Block:
        """Read those that have every field."""
        documents = parse_all(payloads)
        places, values = self._values(documents)
        at_us, good = self._stamp.read([documents[place] for place in places.tolist()], arrived_us[places])
        places = places[good]
        return block_of(places, self.table.of(rows[places]), at_us[good], values[good])

    def _values(self, documents: Sequence[Any]) -> tuple[Places, Floats]:
        """Return which documents have all fields as numbers, and these (B, F)."""
        if self._cells is not None:
            try:
                found = map(self._cells, documents)
                cells = list(chain.from_iterable(found) if self._columns > 1 else found)
            except (KeyError, TypeError, IndexError):  # one has not all of them, or is no object
                pass
            else:
                if set(map(type, documents)) == {dict} and set(map(type, cells)) <= NUMBERS:
                    values = np.array(cells, np.float64).reshape(-1, self._columns)
                    return np.arange(len(documents)), values
        found_one_by_one = [self._row_of(one) if type(one) is dict else None for one in documents]
        good = [place for place, row in enumerate(found_one_by_one) if row is not None]
        rows = [row for row in found_one_by_one if row is not None]
        return np.array(good, np.intp), np.array(rows, np.float64).reshape(-1, self._columns)


class AnyForm:
    """Objects in which every number but the time is a channel, named by its key."""

    def __init__(self, timestamp: TimestampSettings | None, most: int) -> None:
        """Read at most so many channels of one object."""
        self._stamp, self._most = Stamp(timestamp), most
        self._time_field = None if timestamp is None else timestamp.field
        self._members: list[NumberOf] = []
        self._tables: dict[tuple[str, ...], Table] = {}

    def add(self, number_of: NumberOf) -> int:
        """Take a member; return its row."""
        self._members.append(number_of)
        return len(self._members) - 1

    def read(self, payloads: Sequence[bytes], rows: Places, arrived_us: Ints) -> Block:
        """Read those without objects and lists in them that have the same keys as others."""
        documents = parse_all(payloads)
        by_keys: dict[tuple[str, ...], list[int]] = {}
        for place, document in enumerate(documents):
            if type(document) is dict:
                by_keys.setdefault(tuple(document), []).append(place)
        blocks = [
            self._read_alike(keys, [documents[place] for place in alike], np.array(alike, np.intp), rows, arrived_us)
            for keys, alike in by_keys.items()
        ]
        return join(blocks)

    def _read_alike(
        self, keys: tuple[str, ...], documents: list[dict[str, Any]], places: Places, rows: Places, arrived_us: Ints
    ) -> Block:
        """Read those of objects with the same keys in the same order that have numbers, and none, under the same keys as most."""
        columns = zip(*(document.values() for document in documents), strict=True)
        numeric, cells = list[str](), list[Floats]()
        for key, column in zip(keys, columns, strict=False):
            kinds = set(map(type, column))
            is_time = key == self._time_field
            if kinds <= PASSED_OVER or (is_time and not kinds & NESTED):
                continue
            if kinds <= NUMBERS:
                numeric.append(key)
                cells.append(np.array(column, np.float64))
            else:  # without those that differ here, which are few, the others are alike so far
                most = _most(column, is_time=is_time)
                left = [documents[place] for place in most]
                return self._read_alike(keys, left, places[most], rows, arrived_us) if most else NO_BLOCK
        table = self._table(tuple(numeric), rows[places])
        if table is None:
            return NO_BLOCK
        numbers = table.of(rows[places])
        at_us, good = self._stamp.read(documents, arrived_us[places])
        good &= (numbers != NONE).all(axis=1)
        return block_of(places[good], numbers[good], at_us[good], np.stack(cells, axis=1)[good])

    def _table(self, keys: tuple[str, ...], rows: Places) -> Table | None:
        """Return the numbers of channels with these keys, as far as they are plain; None where they are too many, or none."""
        if not 0 < len(keys) <= self._most or (keys not in self._tables and len(self._tables) >= SHAPES):
            return None
        table = self._tables.setdefault(keys, Table(len(keys)))
        table.reach(int(rows.max()))
        unknown = rows[(table.of(rows)[:, 0] == NONE)]
        for row in np.unique(unknown).tolist():
            numbers = [self._members[row](key) for key in keys]
            if None not in numbers:
                table.put(row, [number for number in numbers if number is not None])
        return table


def _most(column: Sequence[Any], *, is_time: bool) -> list[int]:
    """Return where numbers stand in a column, or where something to pass over does, whichever is more; of a time where either does."""
    kinds = list(map(type, column))
    if is_time:
        return [place for place, kind in enumerate(kinds) if kind not in NESTED]
    numbers = [place for place, kind in enumerate(kinds) if kind in NUMBERS]
    passed_over = [place for place, kind in enumerate(kinds) if kind in PASSED_OVER]
    return numbers if len(numbers) >= len(passed_over) else passed_over


def parse_all(payloads: Sequence[bytes]) -> list[Any]:
    """Return the documents that payloads are, None for one that is none.

    One by one: to parse them joined to one array, and to make sure that none reaches into the next, takes longer.
    """
    try:
        return list(map(orjson.loads, payloads))
    except orjson.JSONDecodeError:
        return [_parsed(payload) for payload in payloads]


def _parsed(payload: bytes) -> Any:
    """Return the document that a payload is, None where it is none."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
