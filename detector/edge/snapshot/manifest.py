"""What a snapshot is: which arrays in which files, up to which arrival, of which network and version.

In: a `Manifest`. Out: the bytes of `manifest.json`, and back. It has a checksum of its own: a digit that flipped in it would
otherwise be believed.
"""

import zlib
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from detector.clock import WallTime
from detector.edge.snapshot.tensors import Seal
from detector.state.block import Keys
from detector.stream.stream_clock import FrozenClock

FORMAT: Final = 2
"""Of the folder's layout and this file; what the arrays mean has a version a block. Since 2: `refused`, and the clock's `speaker`."""

READABLE: Final = (1, FORMAT)
"""What an older format does not have is as at a first start."""


class ForeignFormatError(ValueError):
    """A snapshot of a format that this version does not read."""


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """One block, whose arrays stand in `file`; names as in `Block`."""

    file: str
    version: int
    keyed_by: Keys
    refers: dict[str, Keys]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts beside the arrays and names."""

    detector: str
    """Version that wrote it."""
    seq: int
    """Number of the last arrival that was taken in."""
    taken_at: WallTime
    network: str
    budget: str
    turned: int
    clock: FrozenClock
    blocks: dict[str, BlockEntry]
    files: dict[str, Seal]
    refused: bool = False


def to_bytes(manifest: Manifest) -> bytes:
    """Return the bytes of the file."""
    told = asdict(manifest) | {"clock": list(manifest.clock)}
    told["files"] = {name: list(seal) for name, seal in manifest.files.items()}
    return orjson.dumps(
        {"format": FORMAT, "crc32": zlib.crc32(_plain(told)), "snapshot": told},
        option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS,
    )


def from_bytes(text: bytes) -> Manifest:
    """Read what `to_bytes` wrote.

    Raises: ForeignFormatError; ValueError, KeyError or TypeError when it is damaged.
    """
    outer = orjson.loads(text)
    told: dict[str, Any] = outer["snapshot"]
    if outer["crc32"] != zlib.crc32(_plain(told)):
        raise ValueError("its checksum does not fit")
    if outer["format"] not in READABLE:
        raise ForeignFormatError(f"expected snapshot format {FORMAT}, got {outer['format']!r}")
    told["clock"] = FrozenClock(*told["clock"])
    told["files"] = {name: Seal(*seal) for name, seal in told["files"].items()}
    told["blocks"] = {name: _block(entry) for name, entry in told["blocks"].items()}
    return Manifest(**told)


def _block(entry: dict[str, Any]) -> BlockEntry:
    """Return a block's entry with its words as types."""
    refers = {column: Keys(keys) for column, keys in entry["refers"].items()}
    return BlockEntry(entry["file"], entry["version"], Keys(entry["keyed_by"]), refers)


def _plain(told: dict[str, Any]) -> bytes:
    """Return the one way in which this is written, for the checksum."""
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
