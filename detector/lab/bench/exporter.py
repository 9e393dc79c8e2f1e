"""Where mqtt-exporter is: in a virtual environment of its own, made when it is first wanted.

In: a folder for it. Out: the program, or why it cannot be had; nothing of it is imported here.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from detector.errors import DetectorError

REQUIREMENT: Final = "mqtt-exporter==1.12.1"


def mqtt_exporter(folder: Path) -> Path:
    """Return the program; install it from the package index if it is not there yet.

    Raises: DetectorError when it cannot be installed.
    """
    program = folder / "bin" / "mqtt-exporter"
    if not program.exists():
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q", "install", REQUIREMENT]
        for words in ([sys.executable, "-m", "venv", "--clear", str(folder)], pip):
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
                raise DetectorError(f"{REQUIREMENT} could not be installed in {folder}: {''.join(last)}")
    return program
