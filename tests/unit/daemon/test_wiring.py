"""Where the parts look for what they need."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from detector.clock import SystemClock
from detector.daemon.wiring import Place, build_engine, build_journal
from detector.settings import SensorSettings, Settings, StateSettings
from tests.system.daemon_process import write_model


def state_at(folder: Path, directory: str, environment: Mapping[str, str]) -> list[str]:
    """Return where a journal was made, relative to a folder."""
    settings = Settings(
        sensors=[SensorSettings(name="pumps")], state=StateSettings(directory=Path(directory.format(folder)))
    )
    build_journal(settings, Place(folder / "etc", environment), SystemClock()).close()
    return [str(path.parent.relative_to(folder)) for path in folder.rglob("journal.db")]


@pytest.mark.parametrize(("directory", "made"), [("state", "var/state"), ("{}/own", "own"), (".", "var")])
def test_the_state_directory_is_below_systemds(tmp_path: Path, directory: str, made: str) -> None:
    """A relative directory is below the first of $STATE_DIRECTORY, an absolute one where it says."""
    assert state_at(tmp_path, directory, {"STATE_DIRECTORY": f"{tmp_path}/var:{tmp_path}/other"}) == [made]


def test_without_systemd_the_working_directory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no service manager gives a directory, a relative one is below the working directory."""
    monkeypatch.chdir(tmp_path)
    assert state_at(tmp_path, "state", {}) == ["state"]


def test_an_odd_model_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A model without reference tails is used, and the log says so once, as a warning."""
    write_model(tmp_path / "model")
    settings = Settings(sensors=[SensorSettings(name="pumps")], model=Path("model"))
    assert build_engine(settings, Place(tmp_path, {})).census().devices == 0
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "weights.safetensors: expected tails.ladders beside the weights, got none" in warning.getMessage()
