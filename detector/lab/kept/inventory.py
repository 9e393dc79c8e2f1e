"""What lies in a state directory: its snapshots, sound or not, and how far the journal goes.

In: a state directory, which a daemon may be using. Out: figures; nothing is changed.
"""

from dataclasses import dataclass
from pathlib import Path

from detector.clock import WallTime
from detector.edge.journal import journal_path, read_ends
from detector.edge.snapshot import Shelf, Snapshot, read_snapshot
from detector.edge.snapshot.files import read_manifest
from detector.errors import SnapshotError


@dataclass(frozen=True, slots=True)
class Sound:
    """A snapshot that can be used."""

    place: Path
    seq: int
    taken_at: WallTime
    devices: int
    channels: int
    bytes_on_disk: int
    written_by: str
    network: str
    versions: dict[str, int]
    """Of each block."""


@dataclass(frozen=True, slots=True)
class Unsound:
    """A snapshot that cannot be used, and why."""

    place: Path
    why: str


@dataclass(frozen=True, slots=True)
class JournalRange:
    """How far the journal goes."""

    path: Path
    ends: tuple[int, int] | None
    """Numbers of its first and its last arrival; None for an empty one."""
    bytes_on_disk: int


def snapshots(directory: Path) -> list[Sound | Unsound]:
    """Return the snapshots of a state directory, newest first, every byte of them checked."""
    return [_inspect(folder) for folder in Shelf(directory).newest_first()]


def newest_sound(directory: Path) -> Snapshot:
    """Return the newest snapshot that can be used.

    Raises: SnapshotError that says what was wrong with each, or that there is none.
    """
    wrong: list[str] = []
    for folder in Shelf(directory).newest_first():
        try:
            return read_snapshot(folder)
        except SnapshotError as fault:
            wrong.append(str(fault))
    found = "; ".join(wrong) or "none; a daemon writes one every state.snapshot_every, and when it stops"
    raise SnapshotError(f"{directory}: expected a snapshot that can be used, found {found}")


def journal(directory: Path) -> JournalRange:
    """Return how far the journal of a state directory goes.

    Raises: JournalError when there is none.
    """
    path = journal_path(directory)
    beside = (path, Path(f"{path}-wal"))
    return JournalRange(path, read_ends(path), sum(file.stat().st_size for file in beside if file.exists()))


def _inspect(folder: Path) -> Sound | Unsound:
    """Read one snapshot, all of it."""
    try:
        snapshot, manifest = read_snapshot(folder), read_manifest(folder)
    except SnapshotError as fault:
        return Unsound(folder, str(fault))
    return Sound(
        place=folder,
        seq=snapshot.seq,
        taken_at=snapshot.taken_at,
        devices=len(snapshot.engine.devices),
        channels=len(snapshot.engine.channels),
        bytes_on_disk=sum(seal.size for seal in manifest.files.values()),
        written_by=manifest.detector,
        network=manifest.network,
        versions={name: block.version for name, block in manifest.blocks.items()},
    )
