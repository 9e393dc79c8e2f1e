"""Recordings to series."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from detector.errors import RecordingError
from detector.fit.series import fingerprint, load_series
from detector.forecast.series import Series


def test_wide_and_long_recordings_give_the_same_series(tmp_path: Path) -> None:
    """The two shapes of a recording, plain or compressed, ISO 8601 or Unix seconds, mean the same."""
    (tmp_path / "pump.csv").write_text("timestamp,t,p\n1970-01-01T00:00:01Z,1.5,\n1970-01-01T00:00:02.5Z,2.5,3\n")
    with gzip.open(tmp_path / "all.csv.gz", "wt") as file:
        file.write("timestamp,device,channel,value\n1,pump,t,1.5\n2.5,pump,t,2.5\n2.5,pump,p,3\n")
    wide, long = load_series([tmp_path / "pump.csv"]), load_series([tmp_path / "all.csv.gz"])
    assert fingerprint(wide) == fingerprint(long)
    assert [len(one) for one in wide] == [1, 2]


def test_a_bad_cell_is_told_with_its_place(tmp_path: Path) -> None:
    """A recording that cannot be read raises an error that names file and line."""
    path = tmp_path / "pump.csv"
    path.write_text("timestamp,t\n1,2\n2,warm\n")
    with pytest.raises(RecordingError, match=r"pump\.csv:3: t: expected a number .* got .warm."):
        load_series([path])


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_place_without_recordings_is_told(tmp_path: Path, name: str) -> None:
    """A missing path and an empty folder are errors, not empty corpora."""
    with pytest.raises(RecordingError, match=r"expected (a recording|recordings)"):
        load_series([tmp_path / name])


def test_the_fingerprint_notices_every_change() -> None:
    """Another name, moment, value or length gives another fingerprint."""
    times, values = np.array([1, 2]), np.array([1.0, 2.0])
    variants = [
        Series("a", "x", times, values),
        Series("b", "x", times, values),
        Series("a", "y", times, values),
        Series("a", "x", times + 1, values),
        Series("a", "x", times, -values),
        Series("a", "x", times[:1], values[:1]),
    ]
    assert len({fingerprint([one]) for one in variants}) == len(variants)
