"""What a run of the bench found, on disk, and beside what was found before.

In: figures by part. Out: a JSON file with the machine they were taken on; differences from a file that is kept.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detector import __version__
from detector.edge.process_cost import available_bytes
from detector.errors import DetectorError


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of a run beside the same one that is kept."""

    name: str
    kept: float | None
    now: float | None

    @property
    def ratio(self) -> float | None:
        """Return the new one over the old one; None where one is missing."""
        return None if self.kept is None or self.now is None or not self.kept else self.now / self.kept


def document(command: Sequence[str], headlines: Mapping[str, float], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run as JSON has it."""
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "command": " ".join(command),
        "machine": machine(),
        "headlines": dict(headlines),
        "figures": dict(figures),
    }


def machine() -> dict[str, Any]:
    """Return what the figures were taken on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_free_bytes": available_bytes(),
        "load_1m": os.getloadavg()[0],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def write(path: Path, run: Mapping[str, Any]) -> None:
    """Write a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """Read a run.

    Raises: DetectorError when there is none.
    """
    try:
        run: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise DetectorError(f"{path}: expected the figures of a `detector bench --out`, got: {fault}") from fault
    return run


def changes(kept: Mapping[str, float], now: Mapping[str, float]) -> list[Change]:
    """Return every figure of now beside the one that is kept."""
    return [Change(name, kept.get(name), value) for name, value in now.items()]


def _processor() -> str:
    """Return the processor's name, where it is told."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="ascii", errors="replace").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
