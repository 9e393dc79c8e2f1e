"""Aligns readings with the rows of the stored arrays: who it is, whether it is in order, how long since the last.

In: the readings of a batch. Out: what became of each (in order, late, duplicate, refused) and the `Rows` in order.
"""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS, Stage
from detector.readings import Readings
from detector.state.block import Block, Keys
from detector.state.channels import ChannelTable
from detector.state.rows import Rows, Slots
from detector.state.slots import Slot, SlotTable
from detector.stream.places import UNKNOWN, Places

CLOCK_SET_BACK_AFTER = 20
"""So many late readings on end, themselves in order, and the device's clock is taken to have been set back."""

NEVER = np.iinfo(np.int64).min

IN_ORDER, LATE, DUPLICATE = int(Stage.WARMING_UP), int(Stage.LATE), int(Stage.DUPLICATE)
"""Plain numbers: numpy needs 2 µs to see one in an enum (`python -m timeit`), eight times in a step."""

NOT_LATE = np.array([IN_ORDER, DUPLICATE], np.int8)
"""What becomes of readings that are not late, by whether they are as old as the last one."""

LARGEST = 1e150
"""Values beyond this are taken as this, so that no difference, sum or ratio of two values overflows."""


class AlignBlock(Block):
    """Each channel's device (a slot) and place in time.

    Columns (N,): device; last_at (µs); late_at (µs) and late_streak of late readings on end; hole_from and hole_to (µs), between
    which it was not heard.
    """

    refers: ClassVar[Mapping[str, Keys]] = {"device": Keys.DEVICE}

    device: NDArray[np.intp]
    last_at: NDArray[np.int64]
    late_at: NDArray[np.int64]
    late_streak: NDArray[np.int32]
    hole_from: NDArray[np.int64]
    hole_to: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "device": ((), np.intp, 0),
                "last_at": ((), np.int64, NEVER),
                "late_at": ((), np.int64, NEVER),
                "late_streak": ((), np.int32, 0),
                "hole_from": ((), np.int64, 0),
                "hole_to": ((), np.int64, 0),
            }
        )


class Placed(NamedTuple):
    """Where the readings of a batch went.

    `stage` (B,) int8 holds LATE, DUPLICATE or a refusal, and WARMING_UP for every reading in order (later stages
    refine it); `in_order` (R,) are the indices of those, matching `rows`; `new_slots` (C,) were assigned just now, to the
    channels of the readings at the places `new` (C,).
    """

    stage: NDArray[np.int8]
    in_order: NDArray[np.intp]
    rows: Rows
    new: NDArray[np.intp]
    new_slots: Slots


@dataclass(eq=False, slots=True)
class _Found:
    """What looking up the readings of a batch gave: names as in `Placed` and `Rows`; every array but `new` is (B,)."""

    slots: Slots
    stage: NDArray[np.int8]
    siblings: NDArray[np.int64]
    fleet: NDArray[np.int64]
    new: NDArray[np.intp]


class Alignment:
    """The slot tables of devices and channels, and each channel's place in time."""

    def __init__(self, max_devices: int, max_channels: int, total_channels: int) -> None:
        """Know at most `max_devices` devices of `max_channels` channels each, and `total_channels` of all of them."""
        self.devices: SlotTable[str] = SlotTable(max_devices)
        self.channels = ChannelTable(self.devices, total_channels)
        self._max_channels = max_channels
        self._places = Places(self.channels)
        self._siblings = array("q")
        """Channels of each device, by its slot."""
        self.refused = False
        """Whether there was no room for somebody since this was last made False."""
        self.block = AlignBlock()

    def restore(self, devices: Sequence[str], channels: Sequence[tuple[str, str]]) -> None:
        """Know devices and channels again, in slot order; the block is given back by itself."""
        self.devices.restore(devices)
        self.channels.restore(channels)
        self._siblings = array("q", np.bincount(self.channels.devices(), minlength=len(self.devices)).tolist())

    def seat(self) -> None:
        """Say whose each channel is, once the block is back: the names are the one truth on that."""
        count = len(self.channels)
        self.block.grow(count)
        self.block.device[:count] = self.channels.devices()

    def place(self, readings: Readings) -> Placed:
        """Give every reading its row, or the stage in which it ends."""
        found = self._find_slots(readings)
        known = (found.stage == IN_ORDER).nonzero()[0]
        found.stage[known] = self._order(found.slots[known], readings.at_us[known])
        in_order = (found.stage == IN_ORDER).nonzero()[0]
        values = readings.values[in_order].clip(-LARGEST, LARGEST)
        slots, at_us = found.slots[in_order], readings.at_us[in_order]
        gap_s = self._advance(slots, at_us)
        rows = Rows(slots, values, at_us, gap_s, found.siblings[in_order], found.fleet[in_order])
        return Placed(found.stage, in_order, rows, found.new, found.slots[found.new])

    def _find_slots(self, readings: Readings) -> "_Found":
        """Look every channel up, and welcome those that are new."""
        count, known = len(readings), len(self.channels)
        stage, slots = np.full(count, IN_ORDER, np.int8), self._places.find_all(readings)
        unknown = (slots == UNKNOWN).nonzero()[0]
        if not len(unknown):
            siblings = np.frombuffer(self._siblings, np.int64)[self.block.device[slots]]
            return _Found(slots, stage, siblings, np.full(count, known, np.int64), unknown)
        new = self._find_new(readings, unknown, slots, stage)
        is_new = np.zeros(count, np.int64)
        is_new[new] = 1
        siblings = np.frombuffer(self._siblings, np.int64)[self.block.device[slots]] - self._later(slots, is_new)
        return _Found(slots, stage, siblings, known + is_new.cumsum(), new)

    def _find_new(
        self, readings: Readings, unknown: NDArray[np.intp], slots: Slots, stage: NDArray[np.int8]
    ) -> NDArray[np.intp]:
        """Assign slots to the new channels at the places `unknown`, in stream order, while there is room.

        Fills in `slots` and `stage` (B,), and returns the places that were given a slot.
        """
        new, names = list[int](), readings.names
        for place, number in zip(unknown.tolist(), readings.numbers[unknown].tolist(), strict=True):
            device, channel, _ = names[number]
            slot = self.channels.find((device, channel))
            if slot is None:
                welcomed = self._welcome(device, channel)
                if isinstance(welcomed, Stage):
                    stage[place] = welcomed
                    continue
                slot = welcomed
                new.append(place)
            slots[place] = slot
        known = len(self.block)
        self.block.grow(len(self.channels))
        self.block.device[known : len(self.channels)] = self.channels.devices_from(known)
        return np.array(new, np.intp)

    def _welcome(self, device: str, channel: str) -> Slot | Stage:
        """Return the slot of a new channel, or why it gets none."""
        owner = self.devices.find(device)
        if owner is not None and self._siblings[owner] >= self._max_channels:
            return Stage.REFUSED_CHANNEL
        if self.channels.full or (self.devices.full and owner is None):
            self.refused = True
            return Stage.REFUSED_CHANNEL if self.channels.full else Stage.REFUSED_DEVICE
        owner, slot = self.devices.assign(device), self.channels.assign((device, channel))
        assert owner is not None
        assert slot is not None  # there was room for one more
        if owner == len(self._siblings):
            self._siblings.append(0)
        self._siblings[owner] += 1
        return slot

    def _later(self, slots: Slots, is_new: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many channels of its own device were new after each row. Shapes: (B,)."""
        after, later = Counter[int](), np.zeros(len(slots), np.int64)
        rows = list(zip(self.block.device[slots].tolist(), is_new.tolist(), strict=True))
        for row in range(len(rows) - 1, -1, -1):
            device, new = rows[row]
            later[row] = after[device]
            after[device] += new
        return later

    def _order(self, slots: NDArray[np.intp], at_us: NDArray[np.int64]) -> NDArray[np.int8]:
        """Tell late and duplicate readings from those in order; notice a clock that was set back.

        What falls into the hole of an outage was stored meanwhile, and says nothing of the clock.
        """
        block = self.block
        last_at = block.last_at[slots]
        stage: NDArray[np.int8] = NOT_LATE.take(at_us == last_at)
        late = (at_us < last_at).nonzero()[0]
        if not len(late):
            block.late_streak[slots], block.late_at[slots] = 0, NEVER
            return stage
        late_slots, late_at = slots[late], at_us[late]
        streak = self._streak(late_slots, late_at)
        set_back = streak >= CLOCK_SET_BACK_AFTER
        stage[late[~set_back]] = LATE
        block.late_streak[slots], block.late_at[slots] = 0, NEVER
        block.late_streak[late_slots] = np.where(set_back, 0, streak)
        block.late_at[late_slots] = np.where(set_back, NEVER, late_at)
        back = late_slots[set_back]
        block.last_at[back] = NEVER
        block.hole_from[back] = block.hole_to[back] = 0
        return stage

    def _streak(self, slots: NDArray[np.intp], at_us: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return how many late readings on end these are for their channels, themselves in order; 0 for stored ones."""
        block = self.block
        stored = (at_us > block.hole_from[slots]) & (at_us < block.hole_to[slots])
        streak = np.where(at_us > block.late_at[slots], block.late_streak[slots] + 1, 1)
        return np.where(stored, 0, streak)

    def _advance(self, slots: NDArray[np.intp], at_us: NDArray[np.int64]) -> NDArray[np.float64]:
        """Move the channels in order to their new time; return the seconds since their last reading, 0 at the first."""
        last_at = self.block.last_at[slots]
        self.block.last_at[slots] = at_us
        before = np.where(last_at == NEVER, at_us, last_at)
        self._note_holes(slots, before, at_us)
        gap_s: NDArray[np.float64] = (at_us - before) / MICROSECONDS
        return gap_s

    def _note_holes(self, slots: NDArray[np.intp], before: NDArray[np.int64], at_us: NDArray[np.int64]) -> None:
        """Remember the gap that just ended, unless there is a longer one that ended no longer ago than it took."""
        block = self.block
        hole_to = block.hole_to[slots]
        length = hole_to - block.hole_from[slots]
        noted = ((at_us - before >= length) | (before - hole_to > length)).nonzero()[0]
        holed = slots[noted]
        block.hole_from[holed], block.hole_to[holed] = before[noted], at_us[noted]
