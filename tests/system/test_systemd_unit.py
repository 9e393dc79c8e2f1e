"""The unit that we ship, read by systemd itself."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("systemd-analyze")

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "detector.service"

EXPOSURE_LIMIT = 15
"""Tenths of a point: systemd gives a bare unit 94, and 0 to one that can do nothing."""


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze and return what it said."""
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return a copy of the unit whose program exists on this machine."""
    copy = tmp_path / UNIT.name
    text, swapped = re.subn(r"/opt/detector/\.venv/bin/detector", "/bin/true", UNIT.read_text())
    assert swapped == 2
    copy.write_text(text)
    return copy


def test_systemd_understands_every_line(unit: Path) -> None:
    """The command `systemd-analyze verify` finds nothing to say; it exits 0 on a misspelt key, so its stderr is what counts."""
    verdict = analyze("verify", "--man=no", str(unit))
    assert (verdict.returncode, verdict.stderr) == (0, "")


def test_a_misspelt_key_would_be_seen(unit: Path) -> None:
    """The check above fails for a unit with a key that systemd does not know."""
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchDogSeconds="))
    assert "WatchDogSeconds" in analyze("verify", "--man=no", str(unit)).stderr


def test_the_unit_is_hardened(unit: Path) -> None:
    """What the daemon could reach, by the rating of systemd itself, stays below the limit."""
    verdict = analyze("security", "--offline=true", f"--threshold={EXPOSURE_LIMIT}", "--no-pager", str(unit))
    assert verdict.returncode == 0, verdict.stdout
