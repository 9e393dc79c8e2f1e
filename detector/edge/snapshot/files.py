"""One snapshot as a folder: written aside, synced and renamed, so that it is whole or not there.

In: a `Snapshot`. Out: a folder with a file a block, the names and the manifest; or a `Snapshot`, or a `SnapshotError` that says
which file is wrong, what was expected and what was there.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from detector import __version__
from detector.clock import WallTime
from detector.edge.folder import sync_folder
from detector.edge.snapshot.manifest import BlockEntry, ForeignFormatError, Manifest, from_bytes, to_bytes
from detector.edge.snapshot.names import names_of, read_names
from detector.edge.snapshot.tensors import Seal, read_sealed, read_tensors, write_slices, write_tensors
from detector.errors import SnapshotError
from detector.state.frozen import Frozen, FrozenBlock
from detector.stream.stream_clock import FrozenClock

MANIFEST: Final = "manifest.json"
NAMES: Final = "names.json"
"""Devices, channels, entries and groups, in slot order."""
VIEW: Final = "view.json"
"""What people saw last: states, open episodes, counts."""
UNFINISHED: Final = ".part"
LARGEST_MANIFEST: Final = 1 << 20
"""Bytes; ours have some 20 kB, however many devices there are."""


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """All that a daemon remembers after one arrival."""

    seq: int
    """Number of that arrival in the journal."""
    taken_at: WallTime
    clock: FrozenClock
    engine: Frozen
    view: Any
    """As JSON has it."""


@dataclass(frozen=True, eq=False, slots=True)
class Around:
    """What a daemon remembers around its engine, after one arrival."""

    seq: int
    taken_at: WallTime
    clock: FrozenClock
    view: Any

    def snapshot(self, engine: Frozen) -> Snapshot:
        """Return all that is remembered, the engine as well."""
        return Snapshot(self.seq, self.taken_at, self.clock, engine, self.view)


def no_pause() -> None:
    """Go on at once."""


def write_snapshot(folder: Path, snapshot: Snapshot, pause: Callable[[], None] = no_pause) -> None:
    """Write a snapshot; nothing is left of it where that fails. `pause` is called between slices.

    Raises: OSError.
    """
    aside = folder.with_name(folder.name + UNFINISHED)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700, parents=True)
    try:
        _write_files(aside, snapshot, pause)
        sync_folder(aside)
        _make_way(folder)
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    sync_folder(folder.parent)


def read_manifest(folder: Path) -> Manifest:
    """Read what a snapshot says of itself.

    Raises: SnapshotError.
    """
    path = folder / MANIFEST
    try:
        return from_bytes(_read_at_most(path, LARGEST_MANIFEST))
    except ForeignFormatError as fault:
        raise SnapshotError(f"{path}: {fault}; another version of detector wrote it, which can read it") from fault
    except (OSError, ValueError) as fault:
        raise SnapshotError(f"{path}: expected the manifest of a snapshot, got: {fault}") from fault


def read_snapshot(folder: Path) -> Snapshot:
    """Read a snapshot, every byte of it checked.

    Raises: SnapshotError.
    """
    manifest = read_manifest(folder)
    try:
        names = read_names(_read(folder, NAMES, manifest))
        blocks = {name: _read_block(folder, entry, manifest) for name, entry in manifest.blocks.items()}
        view = orjson.loads(_read(folder, VIEW, manifest))
    except (OSError, ValueError) as fault:
        raise SnapshotError(f"{fault}" if str(folder) in f"{fault}" else f"{folder}: {fault}") from fault
    engine = Frozen(
        devices=names.devices,
        channels=[(names.devices[device], channel) for device, channel in names.channels],
        entries=names.entries,
        groups=names.groups,
        network=manifest.network,
        budget=manifest.budget,
        turned=manifest.turned,
        blocks=blocks,
        refused=manifest.refused,
    )
    return Snapshot(manifest.seq, manifest.taken_at, manifest.clock, engine, view)


def _make_way(folder: Path) -> None:
    """Put a snapshot of the same number out of the way, to be removed with what was never finished."""
    if folder.exists():
        old = folder.with_name(f"{folder.name}.old{UNFINISHED}")
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)


def _write_files(folder: Path, snapshot: Snapshot, pause: Callable[[], None]) -> None:
    """Write every file of a snapshot, the manifest last."""
    engine, files, entries = snapshot.engine, dict[str, Seal](), dict[str, BlockEntry]()
    for name, block in engine.blocks.items():
        file = f"{name}.safetensors"
        files[file] = write_tensors(folder / file, block.arrays, pause)
        entries[name] = BlockEntry(file, block.version, block.keyed_by, dict(block.refers))
    for file, told in ((NAMES, names_of(engine)), (VIEW, snapshot.view)):
        files[file] = write_slices(folder / file, iter([orjson.dumps(told)]), pause)
    manifest = Manifest(
        detector=__version__,
        seq=snapshot.seq,
        taken_at=snapshot.taken_at,
        network=engine.network,
        budget=engine.budget,
        turned=int(engine.turned),
        clock=snapshot.clock,
        blocks=entries,
        files=files,
        refused=engine.refused,
    )
    write_slices(folder / MANIFEST, iter([to_bytes(manifest)]), pause)


def _read(folder: Path, name: str, manifest: Manifest) -> bytes:
    """Return the bytes of a file that the manifest seals.

    Raises: OSError; ValueError.
    """
    return read_sealed(folder / name, _seal(name, manifest)).tobytes()


def _read_block(folder: Path, entry: BlockEntry, manifest: Manifest) -> FrozenBlock:
    """Read the arrays of one block.

    Raises: OSError; ValueError.
    """
    arrays = read_tensors(folder / entry.file, _seal(entry.file, manifest))
    return FrozenBlock(entry.version, entry.keyed_by, entry.refers, arrays)


def _seal(name: str, manifest: Manifest) -> Seal:
    """Return what a file of this folder has to be.

    Raises: ValueError.
    """
    if name not in manifest.files or Path(name).name != name:
        raise ValueError(f"{MANIFEST}: expected a file of this folder and its seal, got {name[:100]!r}")
    return manifest.files[name]


def _read_at_most(path: Path, size: int) -> bytes:
    """Return the bytes of a file.

    Raises: OSError; ValueError when there are more than `size`.
    """
    with path.open("rb") as file:
        whole = file.read(size + 1)
    if len(whole) > size:
        raise ValueError(f"more than {size} bytes")
    return whole
