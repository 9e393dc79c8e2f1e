"""What a snapshot is: which arrays in which files, up to which arrival, of which network and version.

In: a `Manifest`. Out: the bytes of `manifest.json`, and back. It has a checksum of its own: a digit that flipped in it would
otherwise be believed. What it says is believed only as far as it is of the right kind: a checksum proves no sense.
"""

import zlib
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from pydantic import TypeAdapter

from detector.clock import WallTime
from detector.domain import MICROSECONDS
from detector.edge.snapshot.sound import read_as
from detector.edge.snapshot.tensors import Seal
from detector.settings import Budget
from detector.state.block import Keys
from detector.stream.stream_clock import FrozenClock

FORMAT: Final = 2
"""Of the folder's layout and this file; what the arrays mean has a version a block. Since 2: `refused`, and the clock's `speaker`."""

READABLE: Final = (1, FORMAT)
"""What an older format does not have is as at a first start."""


CALENDAR: Final = range(253_402_300_800 * MICROSECONDS)
"""Event times up to the year 9999: no clock of ours ever stood elsewhere, and nothing could write it."""


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


KIND: Final = TypeAdapter(Manifest)


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

    Raises: ForeignFormatError; ValueError when it is damaged.
    """
    outer = orjson.loads(text)
    if not isinstance(outer, dict) or not {"snapshot", "crc32", "format"} <= outer.keys():
        raise ValueError("it has no such parts")
    plain = _plain(outer["snapshot"])
    if outer["crc32"] != zlib.crc32(plain):
        raise ValueError("its checksum does not fit")
    if outer["format"] not in READABLE:
        raise ForeignFormatError(f"expected snapshot format {FORMAT}, got {outer['format']!r}")
    manifest: Manifest = read_as(KIND, plain)
    times = (manifest.turned, manifest.clock.ticked, manifest.clock.now or 0, manifest.clock.leapt or 0)
    if manifest.seq < 0 or not all(at in CALENDAR for at in times):
        raise ValueError("a number in it is beyond all bounds")
    Budget.parse(manifest.budget)
    return manifest


def _plain(told: Any) -> bytes:
    """Return the one way in which this is written, for the checksum.

    Raises: ValueError when it stands in too many brackets.
    """
    try:
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    except TypeError as fault:
        raise ValueError(str(fault)) from fault
