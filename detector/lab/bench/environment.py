"""Virtual environments for programs that we compare ourselves with, made when they are first wanted; nothing of them is imported here.

In: a folder, a requirement. Out: a program of that environment, or why it cannot be had.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from detector.errors import DetectorError

MQTT_EXPORTER: Final = "mqtt-exporter==1.12.1"


def mqtt_exporter(folder: Path) -> Path:
    """Return mqtt-exporter.

    Raises: DetectorError when it cannot be installed.
    """
    return program_of(folder, "mqtt-exporter", MQTT_EXPORTER, imports="mqtt_exporter")


def program_of(folder: Path, program: str, requirement: str, *, imports: str) -> Path:
    """Return a program of the environment in `folder`, made from the package index if `imports` cannot be imported there yet.

    Raises: DetectorError when it cannot be installed.
    """
    python = folder / "bin" / "python"
    if not python.exists() or _failed([str(python), "-c", f"import {imports}"]):
        install = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", "install", requirement]
        for words in ([sys.executable, "-m", "venv", "--clear", str(folder)], install):
            fault = _failed(words)
            if fault:
                raise DetectorError(f"{requirement} could not be installed in {folder}: {fault}")
    return folder / "bin" / program


def _failed(words: list[str]) -> str:
    """Run a command; return the last line it said where it failed, and nothing where it did not."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return (said[-1] if said else f"exit code {done.returncode}") if done.returncode else ""
