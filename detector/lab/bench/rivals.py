"""The usual ways of doing this, on the same messages: one torch LSTM call a message, a window encoded anew for each, half-space trees.

In: how long each may take. Out: messages a second of one core, decoding included and MQTT not, which favours them. Each is a
process of its own: torch is there for developers alone, river gets an environment of its own.
"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detector.errors import DetectorError
from detector.lab.bench.environment import program_of

RIVER: Final = "river==0.26.1"

WORDS: Final = {
    "step": "torch, one LSTM call a message",
    "window": "torch, a window of 64 a message",
    "trees": "river, HalfSpaceTrees",
}


@dataclass(frozen=True, slots=True)
class Rival:
    """What one of them does."""

    name: str
    messages: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return messages a second."""
        return self.messages / self.seconds


def measure(seconds: float, river: Path, tell: Callable[[str], None]) -> list[Rival]:
    """Let each run for so many seconds; `tell` hears who cannot, and why."""
    found = []
    for which, name in WORDS.items():
        try:
            python = _python_for(which, river)
            found.append(_run(python, which, name, seconds))
        except DetectorError as fault:
            tell(f"{name} is left out: {fault}")
        else:
            tell(f"{name}: {found[-1].rate:,.0f} messages/s")
    return found


def _python_for(which: str, river: Path) -> Path:
    """Return the interpreter that has what a rival needs.

    Raises: DetectorError when there is none.
    """
    if which == "trees":
        return program_of(river, "python", RIVER, imports="river")
    if importlib.util.find_spec("torch") is None:
        raise DetectorError("torch is not installed: pip install 'detector[train]'")
    return Path(sys.executable)


def _run(python: Path, which: str, name: str, seconds: float) -> Rival:
    """Run one rival to its end.

    Raises: DetectorError when it fails.
    """
    program = Path(__file__).with_name("usual_way.py")
    done = subprocess.run([python, program, which, str(seconds)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise DetectorError("".join(done.stderr.strip().splitlines()[-1:]))
    told = json.loads(done.stdout)
    return Rival(name, told["messages"], told["seconds"])
