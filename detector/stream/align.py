"""Aligns readings with the rows of the stored arrays: who it is, whether it is in order, how long since the last.

In: the readings of a batch. Out: what became of each (in order, late, duplicate, refused) and the `Rows` in order.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS, Reading, Stage
from detector.readings import Readings
from detector.state.block import Block, Keys
from detector.state.rows import Rows
from detector.state.slots import Slot, SlotTable
from detector.stream.places import UNKNOWN, Places

CLOCK_SET_BACK_AFTER = 20
"""So many late readings on end, themselves in order, and the device's clock is taken to have been set back."""

NEVER = np.iinfo(np.int64).min

IN_ORDER, LATE, DUPLICATE = int(Stage.WARMING_UP), int(Stage.LATE), int(Stage.DUPLICATE)
"""Plain numbers: numpy needs 2 µs to see one in an enum (`python -m timeit`), eight times in a step."""

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


@dataclass(frozen=True, eq=False, slots=True)
class Placed:
    """Where the readings of a batch went.

    `stage` (B,) int8 holds LATE, DUPLICATE or a refusal, and WARMING_UP for every reading in order (later stages
    refine it); `in_order` (R,) are the indices of those, matching `rows`; `new_slots` were assigned just now.
    """

    stage: NDArray[np.int8]
    in_order: NDArray[np.intp]
    rows: Rows
    new_slots: tuple[tuple[Slot, Reading], ...]


@dataclass(eq=False, slots=True)
class _Found:
    """What looking up the readings of a batch gave: names as in `Placed` and `Rows`; every array is (B,)."""

    slots: NDArray[np.intp]
    stage: NDArray[np.int8]
    siblings: NDArray[np.int64]
    fleet: NDArray[np.int64]
    new_slots: list[tuple[Slot, Reading]]


class Alignment:
    """The slot tables of devices and channels, and each channel's place in time."""

    def __init__(self, max_devices: int, max_channels: int, total_channels: int) -> None:
        """Know at most `max_devices` devices of `max_channels` channels each, and `total_channels` of all of them."""
        self.devices: SlotTable[str] = SlotTable(max_devices)
        self.channels: SlotTable[tuple[str, str]] = SlotTable(total_channels)
        self._max_channels = max_channels
        self._places = Places(self.channels)
        self._channels_of: Counter[str] = Counter()
        self._siblings = np.zeros(0, np.int64)
        """The same by the slot of the device."""
        self.refused = False
        """Whether there was no room for somebody since this was last made False."""
        self.block = AlignBlock()

    def restore(self, devices: Sequence[str], channels: Sequence[tuple[str, str]]) -> None:
        """Know devices and channels again, in slot order; the block is given back by itself."""
        self.devices.restore(devices)
        self.channels.restore(channels)
        self._channels_of = Counter(device for device, _ in channels)
        self._siblings = np.array([self._channels_of[device] for device in devices], np.int64)

    def seat(self) -> None:
        """Say whose each channel is, once the block is back: the names are the one truth on that."""
        devices = [self.devices.find(device) for device, _ in self.channels]
        self.block.grow(len(devices))
        self.block.device[: len(devices)] = np.array(devices, np.intp)

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
        return Placed(found.stage, in_order, rows, tuple(found.new_slots))

    def _find_slots(self, readings: Readings) -> "_Found":
        """Look every channel up, and welcome those that are new."""
        stage = np.full(len(readings), IN_ORDER, np.int8)
        slots = self._places.find_all(readings)
        if (slots == UNKNOWN).any():
            return self._find_new(readings, stage)
        siblings = self._siblings[self.block.device[slots]]
        fleet = np.full(len(readings), len(self.channels), np.int64)
        return _Found(slots, stage, siblings, fleet, [])

    def _find_new(self, readings: Readings, stage: NDArray[np.int8]) -> "_Found":
        """Look every channel up in stream order, assigning slots to new ones while there is room."""
        count = len(readings)
        found = _Found(np.full(count, -1, np.intp), stage, np.ones(count, np.int64), np.ones(count, np.int64), [])
        for row, reading in enumerate(readings):
            slot = self.channels.find((reading.device, reading.channel))
            if slot is None:
                welcomed = self._welcome(reading)
                if isinstance(welcomed, Stage):
                    found.stage[row] = welcomed
                    continue
                slot = welcomed
                found.new_slots.append((slot, reading))
            found.slots[row] = slot
            found.siblings[row], found.fleet[row] = self._channels_of[reading.device], len(self.channels)
        self.block.grow(len(self.channels))
        self._siblings = np.concatenate([self._siblings, np.zeros(len(self.devices) - len(self._siblings), np.int64)])
        for slot, reading in found.new_slots:
            device = self.devices.find(reading.device)
            assert device is not None
            self.block.device[slot] = device
            self._siblings[device] = self._channels_of[reading.device]
        return found

    def _welcome(self, reading: Reading) -> Slot | Stage:
        """Return the slot of a new channel, or why it gets none."""
        have = self._channels_of[reading.device]
        if have >= self._max_channels:
            return Stage.REFUSED_CHANNEL
        if self.channels.full or (self.devices.full and not have):
            self.refused = True
            return Stage.REFUSED_CHANNEL if self.channels.full else Stage.REFUSED_DEVICE
        self.devices.assign(reading.device)
        slot = self.channels.assign((reading.device, reading.channel))
        assert slot is not None  # there was room for one more
        self._channels_of[reading.device] = have + 1
        return slot

    def _order(self, slots: NDArray[np.intp], at_us: NDArray[np.int64]) -> NDArray[np.int8]:
        """Tell late and duplicate readings from those in order; notice a clock that was set back.

        What falls into the hole of an outage was stored meanwhile, and says nothing of the clock.
        """
        block = self.block
        last_at = block.last_at[slots]
        stage = np.where(at_us == last_at, DUPLICATE, IN_ORDER).astype(np.int8)
        late = (at_us < last_at).nonzero()[0]
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
