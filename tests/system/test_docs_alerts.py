"""What docs/alerts.md shows can be used as it stands: its files are written, its configurations checked, its claims held."""

import subprocess
from pathlib import Path

import pytest

from tests.system.commands import ROOT, detector
from tests.system.daemon_process import SENSORS
from tests.system.page import Commands, File, Piece, blocks

PAGE = list(blocks(ROOT / "docs" / "alerts.md"))
CONFIGURATIONS = [block.text for block in PAGE if isinstance(block, Piece) and block.language == "yaml"]


def check(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    """Run `detector check` on a configuration, in a folder in which the page's commands were run."""
    for block in PAGE:
        if isinstance(block, Commands):
            subprocess.run(["sh", "-eu", "-c", block.text], cwd=folder, check=True)
    (folder / "detector.yaml").write_text(f"{text}\nmodel: {ROOT}/models/base\n{SENSORS}")
    return detector("check", "detector.yaml", folder=folder)


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_each_configuration_is_accepted(tmp_path: Path, text: str) -> None:
    """Nothing is missing once the page's commands were run: no error, and no warning but what it says beside commands."""
    done = check(tmp_path, text)
    warnings = [line for line in done.stderr.splitlines() if not line.startswith("warning: alerts.mqtt.commands: who")]
    assert (done.returncode, warnings) == (0, [])


def test_all_ways_are_shown() -> None:
    """The page has an example of each way that the configuration knows."""
    shown = "".join(CONFIGURATIONS)
    for way in ("apprise", "webhook", "alertmanager", "file", "home_assistant"):
        assert f"{way}:" in shown


@pytest.mark.needs("amtool")
def test_alertmanagers_configuration_is_one(tmp_path: Path) -> None:
    """Alertmanager's own program accepts what the page suggests for it."""
    (text,) = [block.text for block in PAGE if isinstance(block, File) and block.name == "alertmanager"]
    (tmp_path / "alertmanager.yml").write_text(text)
    done = subprocess.run(
        ["amtool", "check-config", "alertmanager.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
