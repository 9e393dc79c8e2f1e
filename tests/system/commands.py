"""Runs `detector` commands as a person does: real processes, with the exit code and what they said.

In: words of the command line. Out: a finished process; or one that runs, and is killed at the end of its block.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.system.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent.parent


def detector(*words: object, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, in a folder if need be, with nobody to be asked; the test's own timeout ends one that hangs."""
    return subprocess.run(
        _command(words),
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def succeed(*words: object) -> str:
    """Run a command that is to succeed; return what it said on stderr."""
    done = detector(*words)
    assert done.returncode == 0, done.stderr
    return done.stderr


class Running:
    """A command that runs for the block."""

    def __init__(self, *words: object) -> None:
        """Start it."""
        self.process = subprocess.Popen(_command(words), stderr=subprocess.PIPE, text=True, env=_environment())

    def __enter__(self) -> Self:
        """Let it run."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it if it still runs."""
        self.process.kill()
        self.process.communicate()

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit code and what it said on stderr."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said


def _command(words: tuple[object, ...]) -> list[str]:
    """Return the command line."""
    return [sys.executable, "-m", "detector", *map(str, words)]


def _environment() -> dict[str, str]:
    """Return the environment, with this copy of the package first."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}
