"""`detector evaluate` as a person runs it: recordings in, tables and a results file out."""

import json
from pathlib import Path

import pytest

from detector.edge.recording import RecordingFile
from tests.fleet import merged, noise, readings
from tests.system.commands import detector
from tests.system.daemon_process import write_model


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """Return a folder of two small sites."""
    for name in ("north", "south"):
        folder = tmp_path / "sites" / name
        folder.mkdir(parents=True)
        with RecordingFile(folder / "all.csv.gz") as file:
            for reading in merged(*(readings(f"{name}{row}", noise(row, 300), cadence_s=600.0) for row in range(3))):
                file.write(reading)
    write_model(tmp_path / "model")
    return tmp_path / "sites"


def words(sites: Path, *more: object) -> list[object]:
    """Return the words of a small campaign."""
    model = sites.parent / "model"
    return ["evaluate", "--corpus", "fleet", "--data", sites, "--rounds", 2, "--model", model, *more]


def test_the_figures_do_not_depend_on_the_workers(sites: Path, tmp_path: Path) -> None:
    """One process and two give the same tables and the same results file, byte for byte, and are silent in a pipe."""
    said = []
    for workers in (1, 2):
        out = tmp_path / f"{workers}.json"
        done = detector(*words(sites, "--against", "run-length", "--workers", workers, "--json", out))
        assert (done.returncode, done.stderr) == (0, "")
        said.append((done.stdout, out.read_bytes()))
    assert said[0] == said[1]
    found = json.loads(said[0][1])
    assert [(one["site"], one["contender"]) for one in found["measurements"]] == [
        ("north", "detector (model)"),
        ("north", "run-length"),
        ("south", "detector (model)"),
        ("south", "run-length"),
    ]
    assert {"versions", "seed", "rounds", "budget", "kinds", "contenders"} <= set(found)
    assert "small step" in said[0][0]


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        (["--budget", "plenty"], 2, "expected a budget such as"),
        (["--channel", "pressure"], 1, "found channels: temperature; name one with --channel"),
        (["--data", "missing"], 1, "missing: expected a recording or a folder of them"),
        (["--model", "missing"], 1, "expected a trained model, found none"),
        (["--json", "missing/out.json"], 1, "missing/out.json: expected a file that can be written"),
    ],
)
def test_bad_usage_is_told(sites: Path, more: list[str], code: int, text: str) -> None:
    """What cannot be read or written ends with its exit code and one line, from whichever process noticed."""
    done = detector(*words(sites), "--kinds", "spike", *more)
    assert done.returncode == code
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_a_benchmark_is_scored_by_group(tmp_path: Path) -> None:
    """A small corpus in NAB's layout gives a table with a warning, and a results file with each group and all."""
    (tmp_path / "data" / "jumpy").mkdir(parents=True)
    rows = [f"{1_000_000_000 + 300 * row},{value}" for row, value in enumerate([*noise(1, 500), 90.0, *noise(2, 99)])]
    (tmp_path / "data" / "jumpy" / "a.csv").write_text("\n".join(["timestamp,value", *rows]) + "\n", encoding="utf-8")
    window = ["2001-09-10T18:36:40Z", "2001-09-10T20:16:40Z"]
    (tmp_path / "labels.json").write_text(json.dumps({"jumpy/a.csv": [window]}), encoding="utf-8")
    write_model(tmp_path / "model")
    out = tmp_path / "out.json"
    done = detector(
        "evaluate", "--corpus", "nab", "--data", tmp_path, "--model", tmp_path / "model", "--workers", 1, "--json", out
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "not comparable" in done.stdout
    (measured,) = json.loads(out.read_bytes())["measurements"]
    assert list(measured["groups"]) == ["jumpy", "all"]
    assert (measured["groups"]["all"]["found"], measured["groups"]["all"]["events"]) == (1, 1)


def test_a_benchmark_without_labels_is_told(tmp_path: Path) -> None:
    """A folder without label windows ends with exit code 1 and says what was expected there."""
    done = detector("evaluate", "--corpus", "nab", "--data", tmp_path)
    assert done.returncode == 1
    assert "expected the label windows in labels.json" in done.stderr


def test_own_recordings_are_measured_with_each_part_taken_out(tmp_path: Path) -> None:
    """A folder with labels gives the whole detector and the detector without its network, and all figures as JSON."""
    with RecordingFile(tmp_path / "pump.csv") as file:
        for reading in readings("pump", [*noise(1, 250), 90.0, *noise(2, 49)], cadence_s=60.0):
            file.write(reading)
    (tmp_path / "labels.csv").write_text("start,end\n2023-11-15T02:23:00Z,2023-11-15T02:24:00Z\n", encoding="utf-8")
    write_model(tmp_path.parent / "model")
    out = tmp_path / "out.json"
    model = tmp_path.parent / "model"
    done = detector("evaluate", "--corpus", "folder", "--data", tmp_path, "--ablate", "--model", model, "--json", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert "without network" in done.stdout
    measured = json.loads(out.read_bytes())["measurements"]
    assert [one["contender"] for one in measured][:2] == ["detector (model)", "without network"]
    assert (measured[0]["events"], measured[0]["found"]) == (1, 1)


def test_recordings_without_labels_are_told(tmp_path: Path) -> None:
    """A folder without labels ends with exit code 1 and names the file that is missing."""
    done = detector("evaluate", "--corpus", "folder", "--data", tmp_path)
    assert done.returncode == 1
    assert "labels.csv: expected a readable file" in done.stderr


def test_forecasts_have_a_column_a_folder(sites: Path, tmp_path: Path) -> None:
    """One process and two give the same tables and file, a row a forecaster and a column a folder, silent in a pipe."""
    model, said = tmp_path / "model", []
    for workers in (1, 2):
        out = tmp_path / f"{workers}.json"
        data = ["--data", sites / "north", sites / "south", "--model", model, "--workers", workers, "--json", out]
        done = detector("evaluate", "--corpus", "forecast", *data)
        assert (done.returncode, done.stderr) == (0, "")
        said.append((done.stdout, out.read_bytes()))
    assert said[0] == said[1]
    for words_ in ("north", "south", "3 channels", "last value", "model, lms head"):
        assert words_ in said[0][0]
    measured = json.loads(said[0][1])["measurements"]
    assert [(one["folder"], one["error"]) for one in measured if one["forecaster"] == "last value"] == [
        ("north", 1.0),
        ("south", 1.0),
    ]


def test_a_benchmark_takes_one_folder(sites: Path) -> None:
    """Two folders where one is expected are bad usage."""
    done = detector(*words(sites), "--data", sites, sites)
    assert (done.returncode, "expected one folder for --corpus fleet, got 2" in done.stderr) == (2, True)
