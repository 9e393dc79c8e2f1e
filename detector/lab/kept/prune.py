"""Lets devices go from what was learnt, while no daemon runs.

In: a state directory, and which devices. Out: a new snapshot without them; slots close up.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np

from detector.clock import WallTime
from detector.domain import MICROSECONDS
from detector.edge.frozen_view import only_devices
from detector.edge.journal.database import lock_directory
from detector.edge.snapshot import Shelf, Snapshot, write_snapshot
from detector.errors import JournalError, SnapshotError
from detector.lab.kept.inventory import journal, newest_sound
from detector.state.rows import Mask


class Pruned(NamedTuple):
    """What pruning came to."""

    gone: list[str]
    """Devices that were let go."""
    left: int
    after: int
    """Arrivals of the journal that are newer than the snapshot: their devices come back, as new ones, at the next start."""


def prune(directory: Path, globs: Sequence[str], unseen_s: float | None, now: WallTime) -> Pruned:
    """Let the devices go that match a glob, or that were not seen for `unseen_s` before the last reading of all.

    Raises: SnapshotError when there is no snapshot, when a daemon uses the directory, or when it cannot be written.
    """
    try:
        lock = lock_directory(directory)
    except (JournalError, OSError) as fault:
        raise SnapshotError(
            f"{directory}: expected a state directory that nobody uses, got: {fault}; stop the daemon first"
        ) from fault
    try:
        snapshot = newest_sound(directory)
        goes = _goes(snapshot, globs, unseen_s)
        if goes.any():
            _write(directory, snapshot, ~goes, now)
        _hand_over(directory)
        ends = journal(directory).ends
    except OSError as fault:
        raise SnapshotError(f"{directory}: cannot write a snapshot: {fault}") from fault
    finally:
        os.close(lock)
    gone = [device for device, leaves in zip(snapshot.engine.devices, goes.tolist(), strict=True) if leaves]
    return Pruned(gone, len(goes) - len(gone), 0 if ends is None else max(0, ends[1] - snapshot.seq))


def _goes(snapshot: Snapshot, globs: Sequence[str], unseen_s: float | None) -> Mask:
    """Return which devices are asked for. Shape (D,)."""
    engine = snapshot.engine
    named = np.array([any(fnmatchcase(device, glob) for glob in globs) for device in engine.devices], np.bool_)
    if unseen_s is None or not len(named):
        return named
    seen = engine.seen_at()
    unseen: Mask = seen < seen.max() - round(unseen_s * MICROSECONDS)
    return named | unseen


def _write(directory: Path, snapshot: Snapshot, stays: Mask, now: WallTime) -> None:
    """Write the snapshot anew with the devices that stay, in its place."""
    engine, shelf = snapshot.engine.only(stays), Shelf(directory)
    view = only_devices(snapshot.view, set(engine.devices), snapshot.engine.channels)
    write_snapshot(shelf.place(snapshot.seq), replace(snapshot, engine=engine, view=view, taken_at=now))
    shelf.tidy()


def _hand_over(directory: Path) -> None:
    """Give what root wrote to the directory's owner: else a daemon that is nobody in particular could not read it."""
    if os.geteuid() != 0:
        return
    owner = directory.stat()
    for path in directory.rglob("*"):
        if path.lstat().st_uid == 0:
            os.lchown(path, owner.st_uid, owner.st_gid)
