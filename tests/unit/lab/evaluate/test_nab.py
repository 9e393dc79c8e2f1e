"""A small benchmark in NAB's layout: which files are found, and what is counted in them."""

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from detector.errors import RecordingError
from detector.lab.evaluate.contenders import Contender, Method
from detector.lab.evaluate.nab import NabMeasurement, Replayed, figures, find_files, measure_nab, replay_files
from detector.lab.evaluate.nab_score import grade
from detector.lab.evaluate.nab_table import nab_table
from detector.settings import Budget
from tests.fleet import noise

EWMA = Contender(Method.EWMA, Path(__file__).parents[4] / "models" / "base", Budget.parse("1 per device per day"))


def clock(row: int) -> str:
    """Return the timestamp of a row, five minutes apart, as NAB writes it."""
    return f"2014-04-{1 + row // 288:02} {row // 12 % 24:02}:{row % 12 * 5:02}:00"


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    """Return a folder with a quiet file, a file that jumps at its 500th row, and a label without a file."""
    for group, jump in (("quiet", 0.0), ("jumpy", 50.0)):
        (tmp_path / "data" / group).mkdir(parents=True)
        values = [value + (jump if row == 500 else 0.0) for row, value in enumerate(noise(1, 600))]
        lines = [f"{clock(row)},{value}" for row, value in enumerate(values)]
        (tmp_path / "data" / group / "a.csv").write_text(
            "\n".join(["timestamp,value", *lines]) + "\n", encoding="utf-8"
        )
    window = [f"{clock(490)}.000000", f"{clock(520)}.000000"]
    labels = {"quiet/a.csv": [], "jumpy/a.csv": [window], "absent/a.csv": []}
    (tmp_path / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    return tmp_path


def test_files_are_those_that_are_labelled_and_there(benchmark: Path) -> None:
    """A label whose file is absent is left out: the corpus may be a part of the benchmark."""
    assert [(file.group, len(file.windows)) for file in find_files(benchmark)] == [("jumpy", 1), ("quiet", 0)]


def test_every_row_has_a_score_and_the_window_its_rows(benchmark: Path) -> None:
    """Rows 490 to 520 are the window, and the jump has the highest score and an alert."""
    replayed = replay_files(find_files(benchmark)[:1], EWMA, lambda _: None)[0]
    assert len(replayed.scores) == len(replayed.alerted) == 600
    assert np.flatnonzero(replayed.graded.window == 0).tolist() == list(range(490, 521))
    assert (int(replayed.scores.argmax()), bool(replayed.alerted[500])) == (500, True)


def test_a_measurement_is_of_each_group_and_of_all(benchmark: Path) -> None:
    """The event is found; the quiet group, with nothing to find, has no score."""
    (measured,) = measure_nab(find_files(benchmark), [EWMA], 1, lambda _: None)
    assert list(measured.groups) == ["jumpy", "quiet", "all"]
    assert (measured.groups["jumpy"].found, measured.groups["jumpy"].events) == (1, 1)
    assert measured.groups["quiet"].profiles["standard"].swept is None
    assert (measured.groups["all"].files, measured.groups["all"].events) == (2, 1)


def test_alerts_are_counted_outside_the_probation() -> None:
    """An alert in the window finds it however often; one outside is false; one in the first 15 % is nothing."""
    alerted = np.zeros(100, np.bool_)
    alerted[[3, 20, 50, 55]] = True
    found = figures([Replayed("g", grade(100, [(50, 59)]), alerted.astype(np.float64), alerted)])["all"]
    assert (found.events, found.found, found.false_alerts) == (1, 1, 1)
    assert found.profiles["standard"].own == pytest.approx(100.0 * (1.0 - 0.11 + 1.0) / 2.0)
    assert found.profiles["low FP"].own == found.profiles["low FP"].swept


def test_the_table_warns_against_comparing(benchmark: Path) -> None:
    """Whoever reads the scores reads that those of some groups are not comparable with published ones."""
    measured = NabMeasurement(EWMA, figures(replay_files(find_files(benchmark), EWMA, lambda _: None)))
    console = Console(width=160)
    with console.capture() as capture:
        console.print(nab_table([measured]))
    assert "2 of 7 groups" in capture.get()
    assert "not comparable" in capture.get()


def test_missing_labels_and_windows_of_no_row_are_told(benchmark: Path) -> None:
    """A folder without labels, and a label between rows, are errors that say where."""
    with pytest.raises(RecordingError, match=r"expected the label windows in labels\.json"):
        find_files(benchmark / "data")
    (benchmark / "labels.json").write_text('{"quiet/a.csv": [["2014-04-01 00:01:00", "2014-04-01 00:05:00"]]}')
    with pytest.raises(RecordingError, match="expected rows at both ends"):
        replay_files(find_files(benchmark), EWMA, lambda _: None)
