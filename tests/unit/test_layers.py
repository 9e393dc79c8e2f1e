"""The import contracts of pyproject.toml: each one catches the import that it is there for."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LINTER = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the package and of its contracts, free to be spoilt."""
    shutil.copytree(ROOT / "detector", tmp_path / "detector", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [
        ("floors", "domain/alert.py", "import detector.engine"),
        ("floors", "stream/intruder.py", "import detector.forecast.cell"),
        ("floors", "fit/intruder.py", "import detector.lab"),
        ("floors", "homeless.py", "import detector.domain"),
        ("pure", "engine/engine.py", "import time"),
        ("pure", "stream/intruder.py", "import detector.clock"),
        ("settings", "settings/root.py", "import detector.clock"),
        ("mqtt", "edge/intruder.py", "import paho.mqtt.client"),
        ("prometheus", "lab/intruder.py", "import prometheus_client"),
        ("torch", "lab/intruder.py", "import torch"),
    ],
)
def test_a_forbidden_import_is_caught(contract: str, file: str, line: str, checkout: Path) -> None:
    """A line that breaks the contract, put into a copy of the package, makes the linter fail."""
    with (checkout / "detector" / file).open("a") as module:
        module.write(f"\n{line}\n")
    command = [str(LINTER), "--contract", contract, "--no-cache"]
    verdict = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert verdict.returncode == 1
    assert "1 broken" in verdict.stdout


def test_the_daemon_starts_without_torch() -> None:
    """Neither the command line nor anything that the daemon steps with imports torch."""
    program = "import sys, detector.cli, detector.engine, detector.edge.model_file; print('torch' in sys.modules)"
    verdict = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert verdict.stdout.strip() == "False"
