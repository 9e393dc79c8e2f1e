"""The slot table: which row of the stored arrays belongs to which key.

In: keys (a device, or a device and channel). Out: slot numbers, each serving one key at a time.
Nothing else in the project makes a slot number.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, NewType, TypeVar

Slot = NewType("Slot", int)
Key = TypeVar("Key", bound=Hashable)


class SlotTable(Generic[Key]):
    """Keys to slots, bounded by `capacity`; slots are handed out in the order in which keys arrive."""

    def __init__(self, capacity: int) -> None:
        """Make an empty table for at most `capacity` keys."""
        self.capacity = capacity
        self._slots: dict[Key, Slot] = {}
        self._keys: list[Key] = []

    def __len__(self) -> int:
        """Return how many keys have a slot."""
        return len(self._slots)

    def __iter__(self) -> Iterator[Key]:
        """Iterate over the keys in slot order."""
        return iter(self._keys)

    @property
    def full(self) -> bool:
        """Whether there is no slot for a further key."""
        return self.room <= 0

    @property
    def room(self) -> int:
        """Return how many further keys there is a slot for; negative where more were restored than that."""
        return self.capacity - len(self._keys)

    def find(self, key: Key) -> Slot | None:
        """Return the slot of a key, or None for a key that has none."""
        return self._slots.get(key)

    def find_all(self, keys: Iterable[Key]) -> list[Slot | None]:
        """Return the slot of each key, or None for a key that has none."""
        return list(map(self._slots.get, keys))

    def key_of(self, slot: Slot) -> Key:
        """Return the key that a slot serves."""
        return self._keys[slot]

    def restore(self, keys: Iterable[Key]) -> None:
        """Give these keys the slots in their order, whatever the capacity says; for a table that is empty."""
        assert not self._keys
        self._keys = list(keys)
        self._slots = {key: Slot(slot) for slot, key in enumerate(self._keys)}

    def assign(self, key: Key) -> Slot | None:
        """Return the slot of a key, giving it the next free one; None when the table is full."""
        slot = self._slots.get(key)
        if slot is None and not self.full:
            slot = Slot(len(self._keys))
            self._slots[key] = slot
            self._keys.append(key)
        return slot
