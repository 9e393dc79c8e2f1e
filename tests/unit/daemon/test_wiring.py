"""What the parts are made with: the folders where they look, the model, the limits."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from detector.clock import SystemClock
from detector.daemon.redelivery import Redelivery
from detector.daemon.wiring import Place, build_engine, build_intake, build_journal
from detector.domain import EventTime
from detector.edge.ledger import Ledger
from detector.edge.parcel import Message
from detector.settings import EngineSettings, SensorSettings, Settings, StateSettings
from tests.parcels import parcel_of
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


@pytest.mark.parametrize("most", [3, 100])
def test_one_payload_may_have_as_many_channels_as_a_device(most: int) -> None:
    """The configured limit on channels holds where payloads are read, be it less or more than the default."""
    entry, ledger = SensorSettings(name="all", topics=["{device}"]), Ledger()
    intake = build_intake(Settings(sensors=[entry], engine=EngineSettings(max_channels=most)), ledger, Redelivery())
    ledger.arrived()
    payload = str(list(range(200))).encode()
    message = Message("d", payload, EventTime(0), qos=1, retain=False, duplicate=False, mid=1, connection=1)
    assert len(intake.decode([parcel_of([message])])) == most
