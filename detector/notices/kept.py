"""A table that knows what changed in it since it was last written down.

In: values that never change themselves. Out: rows, as plain values; and the table again, from rows.
"""

from collections import UserDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Row(NamedTuple):
    """One value of one table, as JSON has it."""

    table: str
    key: Any
    value: Any
    """None: it is gone."""


class Kept(UserDict[Key, Value], Generic[Key, Value]):
    """A dictionary of which every change can be written down; both kinds of plain are what JSON can hold."""

    def __init__(
        self,
        name: str,
        key_of: Callable[[Any], Key],
        value_of: Callable[[Any], Value],
        plain: Callable[[Value], Any],
    ) -> None:
        """Start empty; `key_of` and `value_of` read what JSON gives back, `plain` writes a value."""
        super().__init__()
        self.name = name
        self._key_of, self._value_of, self._plain = key_of, value_of, plain
        self._changed: dict[Key, None] = {}

    def __setitem__(self, key: Key, value: Value) -> None:
        self.data[key] = value
        self._changed[key] = None

    def __delitem__(self, key: Key) -> None:
        del self.data[key]
        self._changed[key] = None

    def changes(self) -> Iterator[Row]:
        """Yield what changed since this was last asked."""
        changed, self._changed = self._changed, {}
        for key in changed:
            yield Row(self.name, key, self._plain(self.data[key]) if key in self.data else None)

    def rows(self) -> Iterator[Row]:
        """Yield everything."""
        for key, value in self.data.items():
            yield Row(self.name, key, self._plain(value))

    def restore(self, key: Any, value: Any) -> None:
        """Take back one row."""
        self.data[self._key_of(key)] = self._value_of(value)
