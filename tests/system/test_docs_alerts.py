"""What docs/alerts.md shows can be used as it stands: its files are written, its configurations checked, its claims held."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.daemon_process import ROOT, SENSORS

PAGE = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>[a-z ]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """Return the blocks of a kind, in order."""
    return [found["text"] for found in BLOCK.finditer(PAGE) if found["kind"] == kind]


def check(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    """Run `detector check` on a configuration, in a folder in which the page's commands were run."""
    for commands in blocks("sh"):
        subprocess.run(["sh", "-eu", "-c", commands], cwd=folder, check=True)
    (folder / "detector.yaml").write_text(f"{text}\nmodel: {ROOT}/models/base\n{SENSORS}")
    command = [sys.executable, "-m", "detector", "check", "detector.yaml"]
    return subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=600
    )


@pytest.mark.parametrize("text", blocks("yaml"))
def test_each_configuration_is_accepted(tmp_path: Path, text: str) -> None:
    """Nothing is missing once the page's commands were run: no error, and no warning but what it says beside commands."""
    done = check(tmp_path, text)
    warnings = [line for line in done.stderr.splitlines() if not line.startswith("warning: alerts.mqtt.commands: who")]
    assert (done.returncode, warnings) == (0, [])


def test_all_ways_are_shown() -> None:
    """The page has an example of each way that the configuration knows."""
    shown = "".join(blocks("yaml"))
    for way in ("apprise", "webhook", "alertmanager", "file", "home_assistant"):
        assert f"{way}:" in shown


@pytest.mark.needs("amtool")
def test_alertmanagers_configuration_is_one(tmp_path: Path) -> None:
    """Alertmanager's own program accepts what the page suggests for it."""
    (text,) = blocks("yaml alertmanager")
    (tmp_path / "alertmanager.yml").write_text(text)
    done = subprocess.run(
        ["amtool", "check-config", "alertmanager.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
