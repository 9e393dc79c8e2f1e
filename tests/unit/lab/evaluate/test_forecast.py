"""Forecasts of the next reading against the last value."""

from pathlib import Path

import numpy as np
import pytest

from detector.errors import RecordingError
from detector.forecast.series import Series
from detector.lab.evaluate.forecast import (
    ChannelForesight,
    ForecastMeasurement,
    Foresight,
    channel_foresights,
    foresights,
    measure_forecasts,
    read_channels,
)
from detector.settings import HeadKind
from tests.fleet import START, noise
from tests.system.daemon_process import write_model

LAST_VALUE, HEAD_ALONE = Foresight(None, HeadKind.NONE), Foresight(None, HeadKind.RLS)


def series(values: list[float], device: str = "pump") -> Series:
    """Return one channel, a reading a minute."""
    return Series(device, "t", START + np.arange(len(values)) * 60_000_000, np.array(values))


def foreseen(foresight: Foresight, *channels: Series) -> tuple[ChannelForesight, ...]:
    """Return how well channels are foreseen."""
    return channel_foresights(foresight, channels, lambda _: None)


def test_the_last_value_is_the_measure() -> None:
    """A network that expects no change, without a head, has an error of one on every channel."""
    last_value = foreseen(LAST_VALUE, series(noise(1, 200)), series(noise(2, 99)))
    assert [one.error for one in last_value] == pytest.approx([1, 1])


def test_a_head_knows_noise_from_change() -> None:
    """On plain noise the best forecast is the mean, off by 0.707 of what the last value is; a head comes near."""
    (one,) = foreseen(HEAD_ALONE, series(noise(1, 1500)))
    assert 0.70 < one.error < 0.76


def test_bounds_hold_what_they_say() -> None:
    """On plain noise the bounds hold 95 % of the readings."""
    (one,) = foreseen(HEAD_ALONE, series(noise(1, 1500)))
    assert 0.93 < one.coverage < 0.97


def test_only_channels_that_are_scored_and_change_count() -> None:
    """A flat channel, and one that changes only while it learns, are left out; readings count from the 65th on."""
    flat, young = series([20.0] * 200), series([*noise(1, 60), *[20.0] * 10])
    assert [one.readings for one in foreseen(LAST_VALUE, flat, young, series(noise(2, 100)))] == [36]


def test_errors_do_not_depend_on_the_unit() -> None:
    """The same channel in another unit has the same error and coverage."""
    small, large = foreseen(HEAD_ALONE, series(noise(1, 300)), series([1000.0 * value for value in noise(1, 300)]))
    assert (small.error, small.coverage) == pytest.approx((large.error, large.coverage), rel=1e-3)


def test_rows_go_from_simple_to_whole() -> None:
    """The last value and the head alone come first, then the other models with the head, then the first with each."""
    names = [one.name for one in foresights([Path("base"), Path("gru"), Path("reservoir")])]
    assert names == [
        "last value",
        "rls head without network (AR)",
        "reservoir, rls head",
        "gru, rls head",
        "base, alone",
        "base, lms head",
        "base, rls head",
    ]


def test_devices_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    """Folders below a folder are read apart; the columns of SKAB's labels are no channels."""
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pump.csv").write_text("timestamp,flow,anomaly\n1,2,0\n2,3,1\n", encoding="utf-8")
    for name, second in (("a", 1), ("z", 2)):  # one device in two files, which stand on both sides of the folders
        text = f"timestamp,device,channel,value\n{second},fan,flow,2\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    found = [(one.device, one.channel, len(one)) for one in read_channels(tmp_path)]
    assert found == [("fan", "flow", 2), ("north/pump", "flow", 2), ("south/pump", "flow", 2)]
    assert [one.device for one in read_channels(tmp_path / "north" / "pump.csv")] == ["pump"]


def test_recordings_of_nothing_have_no_channels(tmp_path: Path) -> None:
    """A recording with a head line alone is no error: it has no channel to foresee."""
    (tmp_path / "pump.csv").write_text("timestamp,flow\n", encoding="utf-8")
    assert foreseen(HEAD_ALONE, *read_channels(tmp_path)) == ()


def test_a_folder_without_recordings_is_told(tmp_path: Path) -> None:
    """An empty folder is an error, not an empty column."""
    with pytest.raises(RecordingError, match="expected recordings"):
        read_channels(tmp_path)


def test_every_forecaster_meets_every_folder(tmp_path: Path) -> None:
    """Measurements come folder by folder and row by row, and add up to the jobs that were announced."""
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        rows = "\n".join(f"{row},{value}" for row, value in enumerate(noise(1, 100)))
        (tmp_path / name / "pump.csv").write_text(f"timestamp,flow\n{rows}\n", encoding="utf-8")
    write_model(tmp_path / "model")
    done: list[float] = []
    found = measure_forecasts([tmp_path / "north", tmp_path / "south"], [tmp_path / "model"], 1, done.append)
    assert [one.folder.name for one in found] == ["north"] * 5 + ["south"] * 5
    assert [one.error for one in found[:5]] == [one.error for one in found[5:]]
    assert sum(done) == pytest.approx(10.0)


def test_a_measurement_sums_up_its_channels() -> None:
    """Error and coverage are medians; the worst channel is the one whose bounds held least; of none nothing is said."""
    channels = tuple(
        ChannelForesight("d", name, 9, error, 1.0 - error) for name, error in zip("abc", (0.1, 0.5, 0.3), strict=True)
    )
    one = ForecastMeasurement(Path("x"), LAST_VALUE, channels)
    assert (one.error, one.worst) == (0.3, channels[1])
    assert one.coverage == pytest.approx(0.7)
    nothing = ForecastMeasurement(Path("x"), LAST_VALUE, ())
    assert (nothing.error, nothing.coverage, nothing.worst) == (None, None, None)
