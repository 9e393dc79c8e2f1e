"""All that an engine remembers, by name: what a snapshot holds and what an engine goes on from.

In: blocks and keys in slot order. Out: a `Frozen` of views, or blocks that took the arrays of one. Nothing here knows what any
array means: whatever a block declares is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block, Keys
from detector.state.rows import Mask

Arrays = Mapping[str, NDArray[np.generic]]


class FrozenBlock(NamedTuple):
    """The columns of one block, and what one has to know to keep some of their rows; names as in `Block`."""

    version: int
    keyed_by: Keys
    refers: Mapping[str, Keys]
    arrays: Arrays


@dataclass(frozen=True, eq=False, slots=True)
class Frozen:
    """All that an engine remembers. The arrays are views: they stand still only as long as the engine does."""

    devices: Sequence[str]
    """In slot order."""
    channels: Sequence[tuple[str, str]]
    """Device and channel, in slot order."""
    entries: Sequence[str]
    """Name of the `sensors` entry of each channel."""
    groups: Sequence[tuple[str, str]]
    """Group and channel of each pool of peers, by its number."""
    network: str
    """Digest of the network that the memories are of."""
    budget: str
    turned: int
    """The hour that was begun last, event time (µs)."""
    blocks: Mapping[str, FrozenBlock]
    refused: bool = False
    """Whether somebody found no room in the hour that was begun last."""

    def rows(self, keys: Keys) -> int:
        """Return how many rows a block has that is keyed by these; -1 for a list, which says so itself."""
        counts = {Keys.CHANNEL: len(self.channels), Keys.DEVICE: len(self.devices), Keys.POOL: len(self.groups) + 1}
        return counts.get(keys, -1)

    def seen_at(self) -> NDArray[np.int64]:
        """Return the event time (µs) of each device's last reading in order, the smallest number for none. Shape (D,)."""
        alignment = self.blocks["alignment"].arrays
        seen = np.full(len(self.devices), np.iinfo(np.int64).min)
        np.maximum.at(seen, alignment["device"].astype(np.intp), alignment["last_at"])
        return seen

    def only(self, devices: Mask) -> "Frozen":
        """Return the same without the devices that are False in `devices` (D,); those left move up into their slots.

        Arrays are copied. Pools remain, and remember what they had learnt of those that left until the next hour.
        """
        left = {device for device, stays in zip(self.devices, devices.tolist(), strict=True) if stays}
        channels = np.array([device in left for device, _ in self.channels], np.bool_)
        stays = {Keys.DEVICE: devices, Keys.CHANNEL: channels}
        moved = {keys: np.where(mask, np.cumsum(mask) - 1, -1) for keys, mask in stays.items()}
        blocks = {name: _of_rows(block, stays.get(block.keyed_by), moved) for name, block in self.blocks.items()}
        places = np.flatnonzero(channels).tolist()
        return replace(
            self,
            devices=[device for device in self.devices if device in left],
            channels=[self.channels[place] for place in places],
            entries=[self.entries[place] for place in places],
            blocks=blocks,
        )


def freeze(blocks: Mapping[str, Block]) -> dict[str, FrozenBlock]:
    """Return views of all that blocks hold."""
    return {
        name: FrozenBlock(block.version, block.keyed_by, block.refers, block.arrays()) for name, block in blocks.items()
    }


class Adopted(NamedTuple):
    """What became of blocks that were given what had been frozen."""

    anew: frozenset[str]
    """Blocks that know nothing: they were not frozen, or in a form that does not fit."""
    dropped: tuple[str, ...]
    """What was frozen and is not kept, a phrase each."""


def adopt(blocks: Mapping[str, Block], frozen: Frozen, network: str) -> Adopted:
    """Give blocks without rows what was frozen, as far as it fits; memories of another `network` do not.

    A block fits as a whole or not at all, lest columns of two pasts stand side by side.
    """
    anew, dropped = [], [f"{name} (not known here)" for name in frozen.blocks if name not in blocks]
    for name, block in blocks.items():
        given = frozen.blocks.get(name)
        if given is None:
            anew.append(name)
            continue
        foreign = block.of_network if network != frozen.network else frozenset()
        kept = {column: array for column, array in given.arrays.items() if column not in foreign}
        wanted = block.arrays().keys() - foreign
        if kept and _fits(block, given.version, kept, wanted, frozen):
            block.adopt(kept)
            dropped += [f"{name}.{column} (of another network)" for column in sorted(foreign)]
        else:
            anew.append(name)
            dropped.append(f"{name} ({'of another network' if foreign and not kept else 'of another form'})")
    return Adopted(frozenset(anew), tuple(dropped))


def _fits(block: Block, version: int, kept: Arrays, wanted: set[str], frozen: Frozen) -> bool:
    """Return whether arrays are those that a block wants, of its version and with a row for each key of what was frozen."""
    rows = len(next(iter(kept.values()))) if block.keyed_by is Keys.LIST else frozen.rows(block.keyed_by)
    return (
        version == block.version
        and kept.keys() == wanted
        and all(len(array) == rows and block.fits(column, array) for column, array in kept.items())
        and all(_are_slots(kept[column], frozen.rows(keys)) for column, keys in block.refers.items())
    )


def _are_slots(array: NDArray[Any], slots: int) -> bool:
    """Return whether an array holds nothing but slots, or -1 for none."""
    return bool((array >= -1).all() and (array < slots).all())


def _of_rows(block: FrozenBlock, stays: Mask | None, moved: Mapping[Keys, NDArray[np.intp]]) -> FrozenBlock:
    """Return a block with the rows that stay, all where None; slots in it as they `moved`, -1 for those that are gone.

    Of a list, the rows that refer to one that is gone go as well.
    """
    arrays = {name: array if stays is None else array[stays] for name, array in block.arrays.items()}
    for name, keys in block.refers.items():
        slots = arrays[name]
        known = slots >= 0  # type: ignore[operator]
        arrays[name] = np.where(known, moved[keys][np.where(known, slots, 0)], -1).astype(slots.dtype)
    if block.keyed_by is Keys.LIST and block.refers:
        meant = np.all([arrays[name] >= 0 for name in block.refers], axis=0)  # type: ignore[operator]
        arrays = {name: array[meant] for name, array in arrays.items()}
    return block._replace(arrays=arrays)
