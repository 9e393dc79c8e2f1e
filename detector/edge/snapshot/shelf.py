"""The snapshots of one state directory: which there are, which are let go, which were refused.

In: a state directory. Out: folders, newest first. The last two stay, so that where the newest turns out to be damaged there is
the one before it, and the journal from there on.
"""

import shutil
from pathlib import Path
from typing import Final

from detector.edge.snapshot.files import UNFINISHED

FOLDER: Final = "snapshots"
KEPT: Final = 2
REFUSED: Final = ".refused"
"""Ending of a snapshot that could not be used; the latest such is kept for whoever wants to know why."""


class Shelf:
    """The folder of the snapshots, each named by the number of its last arrival."""

    def __init__(self, directory: Path) -> None:
        """Look into a state directory; nothing is made there yet."""
        self.folder = directory / FOLDER

    def place(self, seq: int) -> Path:
        """Return where the snapshot of an arrival belongs."""
        return self.folder / f"{seq:020d}"

    def newest_first(self) -> list[Path]:
        """Return the snapshots that are there; none where the folder cannot be read."""
        try:
            found = [path for path in self.folder.iterdir() if path.name.isdecimal()]
        except OSError:
            return []
        return sorted(found, key=lambda path: int(path.name), reverse=True)

    def needed_after(self) -> int | None:
        """Return the arrival after which the journal is needed: that of the oldest snapshot; None where there is none."""
        found = self.newest_first()
        return int(found[-1].name) if found else None

    def tidy(self) -> None:
        """Let go of all but the last two, and of what was never finished; what cannot be removed stays until the next time."""
        for old in self.newest_first()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
        for unfinished in self.folder.glob(f"*{UNFINISHED}"):
            shutil.rmtree(unfinished, ignore_errors=True)

    def refuse(self, snapshot: Path) -> Path | None:
        """Put a snapshot aside that cannot be used, in place of the one before; return where it is, None if it has to stay."""
        aside = snapshot.with_name(snapshot.name + REFUSED)
        try:
            for before in self.folder.glob(f"*{REFUSED}"):
                shutil.rmtree(before, ignore_errors=True)
            snapshot.rename(aside)
        except OSError:
            return None
        return aside
