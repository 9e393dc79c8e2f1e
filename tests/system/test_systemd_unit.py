"""The units that we ship, read by systemd itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("systemd-analyze")

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "systemd"
UNITS = ["detector.service", "detector@.service"]

EXPOSURE_LIMIT = 15
"""Tenths of a point: systemd gives a bare unit 94, and 0 to one that can do nothing."""


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze and return what it said."""
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(params=UNITS)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a copy of a unit whose program exists on this machine; of several plants, one."""
    copy = tmp_path / str(request.param).replace("@", "@north")
    text, swapped = re.subn(r"/opt/detector/\.venv/bin/detector", "/bin/true", (FOLDER / request.param).read_text())
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


def test_one_of_several_plants_differs_in_names_alone() -> None:
    """The unit for one of several plants is the unit for a single one, with that plant's name in its files and its state."""
    single, several = (_rules(FOLDER / name) for name in UNITS)
    names = {
        "/etc/detector/detector.yaml": "/etc/detector/%i.yaml",
        "/etc/detector/mqtt_password": "/etc/detector/%i.mqtt_password",
        "StateDirectory=detector": "StateDirectory=detector-%i",
        "MQTT sensors": "MQTT sensors of %i",
    }
    for one, other in names.items():
        single = [line.replace(one, other) for line in single]
    assert single == several


def test_a_newer_systemd_understands_its_override(tmp_path: Path) -> None:
    """Systemd 254 knows every line of what is added for it; one that is older says which it does not, and no others."""
    shutil.copy(FOLDER / "detector.service", tmp_path)
    unit = tmp_path / "detector.service"
    unit.write_text(unit.read_text().replace("/opt/detector/.venv/bin/detector", "/bin/true"))
    shutil.copy(FOLDER / "systemd-254.conf", tmp_path / "override.conf")
    (tmp_path / "detector.service.d").mkdir()
    (tmp_path / "override.conf").rename(tmp_path / "detector.service.d" / "override.conf")
    said = analyze("verify", "--man=no", str(unit)).stderr
    unknown = re.findall(r"override\.conf:\d+: (.*)", said)
    assert len(unknown) == (0 if _version() >= 254 else 3), said
    assert len(said.splitlines()) == len(unknown), said


@pytest.mark.needs("shellcheck")
def test_the_installer_is_sound() -> None:
    """The checker of shell scripts finds nothing to say about ours."""
    scripts = [
        FOLDER / "install.sh",
        ROOT / "deploy" / "compose" / "secrets.sh",
        ROOT / "tests" / "system" / "systemd" / "machine.sh",
        ROOT / ".ci" / "run",
    ]
    verdict = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout


def _rules(unit: Path) -> list[str]:
    """Return the lines of a unit that are no comments."""
    return [line for line in unit.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def _version() -> int:
    """Return systemd's version."""
    return int(analyze("--version").stdout.split()[1])
