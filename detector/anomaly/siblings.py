"""Which channels of a device speak for one another, and where they stand when one of them is judged.

In: who joined which device, and each row's standing. Out: the standings of a row's siblings in stream order.
"""

from array import array
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.state.batch_rows import BatchRows
from detector.state.block import Block, Keys
from detector.state.rows import Floats, Slots

PANEL = 8
"""Siblings that one channel is compared with at most."""

NOBODY = -1


class SiblingBlock(Block):
    """Each channel's panel and standing.

    Columns: panel (N, PANEL), slots or NOBODY; next (N,), the place in the device of the next on trial; standing (N,),
    what its siblings see of it.
    """

    refers: ClassVar[Mapping[str, Keys]] = {"panel": Keys.CHANNEL}

    panel: NDArray[np.int32]
    next: NDArray[np.int32]
    standing: NDArray[np.float32]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {"panel": ((PANEL,), np.int32, NOBODY), "next": ((), np.int32, 0), "standing": ((), np.float32, 0.0)}
        )


class Siblings:
    """The panels of all channels."""

    def __init__(self) -> None:
        """Know no device."""
        self.block = SiblingBlock()
        self._rows_of = BatchRows()
        self._first = array("i")
        """Slot of the first channel of each device, NOBODY where it has none."""
        self._channels: dict[int, list[int]] = {}
        """All channels of devices that have more than one."""

    def join(self, slot: int, device: int) -> None:
        """Make a channel the sibling of its device's others. It and they take in whom they have a place for."""
        others = self._others(device)
        panel = self.block.panel
        panel[slot, : len(others[:PANEL])] = others[:PANEL]
        if 0 < len(others) <= PANEL:
            panel[others, len(others) - 1] = slot
        self.meet(slot, device)

    def meet(self, slot: int, device: int) -> None:
        """Know a channel as one of its device's; panels stay as they are."""
        others = self._others(device)
        if others:
            self._channels.setdefault(device, others).append(slot)
            return
        if device >= len(self._first):
            self._first.extend([NOBODY] * (device + 1 - len(self._first)))
        self._first[device] = slot

    def _others(self, device: int) -> list[int]:
        """Return the channels of a device that are known."""
        if device >= len(self._first) or self._first[device] == NOBODY:
            return []
        return self._channels.get(device) or [self._first[device]]

    def try_others(self, use: Floats) -> list[tuple[int, int]]:
        """Let each channel with more siblings than places give the place of least `use` (N, PANEL) to the next in turn.

        Returns the channels and places that changed hands.
        """
        crowded = [device for device in self._channels.values() if len(device) > PANEL + 1]
        return [(slot, self._seat_next(slot, device, use[slot])) for device in crowded for slot in device]

    def _seat_next(self, slot: int, device: list[int], use: Floats) -> int:
        """Put the next sibling that has no place in that of least use, and return the place."""
        block = self.block
        place, turn = int(np.abs(use).argmin()), int(block.next[slot])
        while device[turn] == slot or device[turn] in block.panel[slot]:
            turn = (turn + 1) % len(device)
        block.panel[slot, place], block.next[slot] = device[turn], (turn + 1) % len(device)
        return place

    def paired(self, slots: Slots) -> Slots:
        """Return which rows (B,) are of channels that have a sibling at all. Shape (P,)."""
        paired: Slots = (self.block.panel[slots, 0] != NOBODY).nonzero()[0]
        return paired

    def standings(self, slots: Slots, paired: Slots, standing: Floats) -> Floats:
        """Return where the siblings of `paired` rows stand: as of their row before it in the batch, or else as last known.

        Shapes: slots (B,), paired (P,), standing (B,) of the rows themselves; returns (P, PANEL), 0 where there is nobody.
        """
        panel = self.block.panel.take(slots[paired], axis=0)
        if not len(paired):
            return np.zeros(panel.shape)
        row = self._rows_of.among(slots, panel, len(self.block))
        before = row < paired[:, None]
        now = standing.astype(np.float32)[np.where(before, row, 0)]  # rounded as what is last known
        last = np.where(before, now, self.block.standing[panel])
        return np.where(panel == NOBODY, 0.0, last)
