"""Snapshots: all that was learnt, on disk, so that a restart goes on where the daemon stood.

In: what engine, stream clock and view remember. Out: a folder a snapshot, the last two kept, and back. `tensors` writes and
reads arrays, `manifest` says what they are, `files` makes a folder of them that is whole or not there, `shelf` keeps the last two,
`aside` writes while the scoring goes on, `subject` says in which process, `keeper` decides when.
"""

from detector.edge.snapshot.files import Around, Snapshot, read_snapshot, write_snapshot
from detector.edge.snapshot.keeper import Keeper, SnapshotStatus
from detector.edge.snapshot.shelf import Shelf
from detector.edge.snapshot.subject import OfThisProcess, Subject

__all__ = [
    "Around",
    "Keeper",
    "OfThisProcess",
    "Shelf",
    "Snapshot",
    "SnapshotStatus",
    "Subject",
    "read_snapshot",
    "write_snapshot",
]
