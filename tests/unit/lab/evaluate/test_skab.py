"""A small benchmark in SKAB's columns: what counts as told, and from which row on."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from detector.errors import RecordingError
from detector.lab.evaluate.contenders import Contender, Method
from detector.lab.evaluate.skab import measure_skab, read_skab, skab_figures
from detector.lab.evaluate.skab_table import skab_table
from detector.settings import Budget
from tests.fleet import noise

HOURLY = Budget.parse("1 per device per hour")
T2_Q = Contender(Method.T2_Q, Path(__file__).parents[4] / "models" / "base", HOURLY)


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    """Return a folder with a labelled file whose two channels leave each other at row 500, and a clean one."""
    for name, jump in (("valve1/0", 5.0), ("anomaly-free/anomaly-free", 0.0)):
        (tmp_path / name).parent.mkdir()
        common, own = np.array(noise(1, 700)), np.array(noise(2, 700, level=0.0, size=0.05))
        header = "timestamp,pressure,flow" + (",anomaly,changepoint" if jump else "")
        lines = [header]
        for row in range(700):
            flow = common[row] + own[row] + jump * (row >= 500)
            labels = f",{float(row >= 500)},{float(row == 500)}" if jump else ""
            lines.append(f"{1_600_000_000 + row},{common[row]},{flow}{labels}")
        (tmp_path / f"{name}.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    return tmp_path


def test_labels_are_no_channels(rig: Path) -> None:
    """The label columns say what is true and are not replayed; a file without them is free of anomalies."""
    free, labelled = read_skab(rig)
    assert free.labels is None
    assert labelled.labels is not None
    assert {reading.channel for reading in labelled.readings} == {"pressure", "flow"}
    assert np.flatnonzero(labelled.labels["changepoint"]).tolist() == [500]
    assert int(labelled.labels["anomaly"].sum()) == 200


def test_what_leaves_the_plane_of_its_channels_is_told(rig: Path) -> None:
    """T2 and Q of the device find the change at once and stay with it, and are quiet on the clean file."""
    (measured,) = measure_skab(read_skab(rig), [T2_Q], 1, lambda _: None)
    assert (measured.files, measured.alarms.true_alarms + measured.alarms.missed) == (1, 200)
    assert measured.alarms.missed_rate is not None
    assert measured.alarms.missed_rate < 10.0
    assert measured.free.false_rate == 0.0
    found = measured.change_points["standard"]
    assert found is not None
    assert found > 80.0


def test_the_first_four_hundred_rows_are_counted_by_nobody(rig: Path) -> None:
    """What was said of the remaining 300 rows is all that counts."""
    files = read_skab(rig)
    measured = skab_figures(T2_Q, files, [np.zeros(300, np.bool_), np.ones(300, np.bool_)])
    assert (measured.alarms.true_alarms, measured.alarms.false_alarms) == (200, 100)
    assert (measured.free.silent, measured.free.false_alarms) == (300, 0)


def test_the_table_says_what_is_published_and_that_all_rows_are_causal(rig: Path) -> None:
    """Whoever reads the figures reads what they may be compared with."""
    files = read_skab(rig)
    measured = skab_figures(T2_Q, files, [np.zeros(300, np.bool_), np.ones(300, np.bool_)])
    console = Console(width=120)
    with console.capture() as capture:
        console.print(skab_table([measured]))
    assert "causal" in capture.get()
    assert "100.0" in capture.get()


def test_a_folder_without_labels_is_told(rig: Path) -> None:
    """Recordings of which nothing is known measure nothing."""
    with pytest.raises(RecordingError, match="expected recordings with the columns anomaly and changepoint"):
        read_skab(rig / "anomaly-free")
