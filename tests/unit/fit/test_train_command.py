"""The commands `corpus` and `train`, from nothing to a model folder."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from detector.cli import main
from detector.edge.model_file import load_model
from detector.forecast.cell import CellKind


def corpus(folder: Path, signals: int = 6) -> Path:
    """Write a small corpus."""
    words = ["corpus", "--out", str(folder), "--signals", str(signals), "--length", "80", "--seed", "3"]
    assert main(words) == 0
    return folder


def train(data: Path, out: Path, *more: str) -> int:
    """Train for two short epochs."""
    return main(["train", "--data", str(data), "--out", str(out), "--hidden", "5", "--epochs", "2", *more])


@pytest.mark.parametrize("kind", list(CellKind))
def test_training_writes_a_model_that_the_service_loads(tmp_path: Path, kind: CellKind) -> None:
    """A corpus and a training, by the command line, end in a model folder of the cell that was asked for."""
    assert train(corpus(tmp_path / "corpus"), tmp_path / "model", "--cell", kind.value) == 0
    model = load_model(tmp_path / "model")
    assert model.kind is kind
    assert model.network.cell.hidden == 5
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["trained_on"]["corpus"] == {"signals": 6, "length": 80, "seed": 3, "version": 1}
    assert card["trained_on"]["readings"] == 480
    assert card["epochs_run"] == 2


def test_an_untrained_model_is_saved_as_it_was_drawn(tmp_path: Path) -> None:
    """A reservoir expects no change, has no loss curve, and its card says that no epoch was run."""
    assert train(corpus(tmp_path / "corpus"), tmp_path / "model", "--untrained") == 0
    assert not load_model(tmp_path / "model").network.head_weights.any()
    assert not (tmp_path / "model" / "loss.svg").exists()
    assert json.loads((tmp_path / "model" / "card.json").read_text())["epochs_run"] == 0


def test_the_same_command_gives_the_same_files(tmp_path: Path) -> None:
    """Weights, card, page and picture of two trainings are byte-identical."""
    data = corpus(tmp_path / "corpus")
    for name in ("one", "two"):
        assert train(data, tmp_path / name) == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["README.md", "card.json", "loss.svg", "weights.safetensors"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_both_commands_are_silent_in_a_pipe(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a terminal nothing is written to standard output or standard error."""
    train(corpus(tmp_path / "corpus"), tmp_path / "model")
    assert capfd.readouterr() == ("", "")


def test_too_little_to_train_on_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One channel, or channels of a few readings, fail with exit code 1 and say what was expected."""
    (tmp_path / "short.csv").write_text("timestamp,a,b\n1,1,1\n2,2,2\n")
    assert train(corpus(tmp_path / "corpus", signals=1), tmp_path / "model") == 1
    assert train(tmp_path / "short.csv", tmp_path / "model") == 1
    assert capfd.readouterr().err.count("expected at least two channels") == 2
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("words", [["--hidden", "0"], ["--epochs", "-1"], ["--minutes", "soon"], ["--cell", "rnn"]])
def test_bad_usage_has_exit_code_two(tmp_path: Path, words: list[str]) -> None:
    """A word that makes no sense is bad usage, before anything is read."""
    with pytest.raises(SystemExit, match="2"):
        train(tmp_path, tmp_path / "model", *words)


def test_without_torch_the_error_says_how_to_install_it(tmp_path: Path) -> None:
    """On a plain installation `train` fails with exit code 1 and names the extra, without a traceback."""
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from detector.cli import main; sys.exit(main(['train', '--data', '.', '--out', 'model']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'detector[train]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_torch_is_imported_only_when_training() -> None:
    """Importing the command, as `--help` does, imports no torch."""
    script = "import sys, detector.cli.train; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
