"""`detector replay` as a person runs it: real recordings in, scores and alerts out."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from tests.system.commands import detector, succeed
from tests.system.daemon_process import write_model

CONFIG = "model: model\nsensors:\n  - name: fleet\n"
COLUMNS = ["timestamp", "device", "channel", "value", "expected", "lower", "upper", "score", "anomalous"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration with an untrained model beside it."""
    write_model(tmp_path / "model")
    (tmp_path / "fleet.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path / "fleet.yaml"


@pytest.fixture
def pump(tmp_path: Path) -> Path:
    """Return a small recording."""
    path = tmp_path / "pump.csv"
    path.write_text(
        "timestamp,flow\n" + "".join(f"{1_000_000_000 + n},{n % 7}\n" for n in range(100)), encoding="utf-8"
    )
    return path


def head(recording: Path, rows: int, folder: Path) -> int:
    """Copy the first rows of a recording; return how many cells hold a value."""
    with gzip.open(recording, "rt", encoding="utf-8") as file:
        lines = file.readlines()[: rows + 1]
    with gzip.open(folder / recording.name, "wt", encoding="utf-8") as copy:
        copy.writelines(lines)
    return sum(1 for line in lines[1:] for cell in line.rstrip("\n").split(",")[1:] if cell)


def test_fleet_gives_a_row_for_every_cell(config: Path, shared_recordings: Path, tmp_path: Path) -> None:
    """Two real sites give one score row for every cell with a value, in the order of time, silently."""
    (tmp_path / "sites").mkdir()
    recordings = sorted((shared_recordings / "fleet").rglob("*.csv.gz"))
    cells = sum(head(path, 60, tmp_path / "sites") for path in recordings)
    out = tmp_path / "scores.csv.gz"
    said = succeed(
        "replay", config, "--input", tmp_path / "sites", "--scores", out, "--alerts", tmp_path / "alerts.jsonl"
    )
    with gzip.open(out, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS
    assert len(rows) == cells
    assert [row["timestamp"] for row in rows] == sorted(row["timestamp"] for row in rows)
    assert {row["device"] for row in rows} == {path.name.removesuffix(".csv.gz") for path in recordings}
    assert said == ""


def test_replay_is_the_same_bytes_each_time(config: Path, pump: Path, tmp_path: Path) -> None:
    """The same recordings and configuration give the same bytes."""
    for name in ("one", "two"):
        scores, alerts = tmp_path / f"{name}.scores", tmp_path / f"{name}.alerts"
        succeed("replay", config, "--input", pump, "--scores", scores, "--alerts", alerts)
    assert (tmp_path / "one.scores").read_bytes() == (tmp_path / "two.scores").read_bytes()
    assert (tmp_path / "one.alerts").read_bytes() == (tmp_path / "two.alerts").read_bytes()
    for line in (tmp_path / "one.alerts").read_text(encoding="utf-8").splitlines():
        json.loads(line)


def test_rejected_cells_are_told_in_a_pipe_as_well(config: Path, pump: Path, tmp_path: Path) -> None:
    """Cells that are no number are told by count, reason and first place; the rest is replayed."""
    with pump.open("a", encoding="utf-8") as file:
        file.write("1000000100,oops\n1000000101,n/a\n1000000102,3\n")
    said = succeed("replay", config, "--input", pump, "--scores", tmp_path / "scores.csv")
    assert said.startswith(f"detector: 2 rejected (not_a_number), first {pump}:102: flow: expected a number")
    assert (tmp_path / "scores.csv").read_text(encoding="utf-8").count("\n") == 102


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--input", "missing.csv", "--scores", "s.csv"], 1, "missing.csv: expected a recording"),
        (["--input", "pump.csv"], 2, "expected --scores, --alerts or both"),
        (["--input", "pump.csv", "--scores", "pump.csv"], 2, "expected a file of its own to write"),
        (["--input", "pump.csv", "--scores", "s.csv", "--alerts", "s.csv"], 2, "expected a file of its own to write"),
        (["--scores", "s.csv"], 2, "--input"),
    ],
)
def test_bad_usage_is_told(
    config: Path, pump: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, text: str
) -> None:
    """A missing input, no output, or an output over an input or another output ends with its exit code, inputs untouched."""
    before = pump.read_bytes()
    monkeypatch.chdir(pump.parent)
    done = detector("replay", config, *words)
    assert done.returncode == code
    assert text in done.stderr
    assert pump.read_bytes() == before
