"""A small disk of its own for a test: fills up, turns read-only, is gone afterwards. Needs the right to mount.

In: a folder. Out: a file system on it, in memory.
"""

import os
import subprocess
from pathlib import Path
from typing import Self

import pytest

SIZE = 2**20


class SmallDisk:
    """One MiB, mounted for the block."""

    def __init__(self, folder: Path) -> None:
        """Mount nothing yet."""
        self.folder = folder

    def __enter__(self) -> Self:
        """Mount it."""
        self.folder.mkdir()
        done = self._run("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none")
        if done.returncode:
            pytest.skip(f"need the right to mount a disk: {done.stderr.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        """Unmount it, whatever is still open on it."""
        self._run("umount", "--lazy")

    def fill(self) -> None:
        """Leave no byte free."""
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                return

    def empty(self) -> None:
        """Give back what filled it."""
        (self.folder / "filler").unlink()

    def remount(self, mode: str) -> None:
        """Turn it read-only (`ro`) or back (`rw`)."""
        done = self._run("mount", "-o", f"remount,{mode},size={SIZE}")
        assert done.returncode == 0, done.stderr

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on the folder."""
        environment = {**os.environ, "LC_ALL": "C"}
        return subprocess.run([*words, self.folder], capture_output=True, text=True, env=environment, check=False)
