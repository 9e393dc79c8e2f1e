"""`detector state`: what a state directory holds, from the arguments to what is printed."""

import csv
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from detector.cli import main
from detector.clock import SystemClock
from detector.domain import Feedback, FeedbackKind, Height
from detector.edge.journal import Journal
from detector.edge.journal.database import lock_directory
from detector.edge.snapshot import Shelf, read_snapshot, write_snapshot
from detector.settings import JournalSettings
from tests.fleet import START, readings
from tests.unit.edge.snapshot.taken import stepped, taken

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state directory with a snapshot after arrival 7 and a journal of 9 arrivals."""
    journal = Journal(tmp_path, JournalSettings(), ["fleet"], SystemClock())
    journal.append(readings("b", range(9)))
    journal.close()
    write_snapshot(Shelf(tmp_path).place(7), taken(7))
    return tmp_path


def test_inspect_lists_snapshots_and_journal(state: Path, capsys: Capture) -> None:
    """Each sound snapshot is a line with what it holds; the journal is told by its ends."""
    assert main(["state", "inspect", str(state)]) == 0
    out = capsys.readouterr().out
    assert "arrivals 1 to 9" in out
    line = next(line for line in out.splitlines() if "detector " in line)
    assert [cell.strip() for cell in line.split("│")][1] == "7"
    assert "2" in line


def test_inspect_names_what_is_damaged(state: Path, capsys: Capture) -> None:
    """A snapshot that cannot be used is named with the file and the fault, and the exit code is 1."""
    file = Shelf(state).place(7) / "scale.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    assert main(["state", "inspect", str(state)]) == 1
    assert "scale.safetensors: expected" in capsys.readouterr().out


def test_inspect_shows_what_people_said_of_alerts(state: Path, capsys: Capture) -> None:
    """Of which alert of which channel, what it does, and until when; nothing where nobody said anything."""
    assert main(["state", "inspect", str(state)]) == 0
    assert "Feedback" not in capsys.readouterr().out
    subject, _ = stepped(1)
    device, channel = next(iter(subject.freeze().channels))
    subject.hear(Feedback("00000000000000ff", FeedbackKind.FALSE, device, channel, START, (Height("own", 1.3),)))
    write_snapshot(Shelf(state).place(9), replace(taken(9), engine=subject.freeze()))
    assert main(["state", "inspect", str(state)]) == 0
    out = capsys.readouterr().out
    assert f"00000000000000ff {device} {channel}: false, thresholds raised: own 1.43 times, until 2023-12-14T" in out


def test_a_folder_that_is_none_of_ours_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    """Without a journal there is nothing to look at, and that is said."""
    assert main(["state", "inspect", str(tmp_path)]) == 1
    assert "expected a journal" in capsys.readouterr().err


def test_export_has_a_row_a_channel(state: Path, capsys: Capture) -> None:
    """Every channel is a row of figures by the names people know."""
    assert main(["state", "export", str(state)]) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["device"], row["channel"], row["readings"]) for row in found] == [
        ("é/1", "temperature", "60"),
        ("b", "p", "40"),
    ]
    assert found[1]["last_at"].startswith("2023-11-15T02:33:20")
    assert float(found[0]["location"]) == pytest.approx(20.0, abs=0.5)
    assert float(found[0]["threshold_own"]) > 0.0


def test_prune_lets_devices_go_and_says_so(state: Path, capsys: Capture) -> None:
    """A glob takes its devices out of the snapshot, the view included; the others stay; what may come back is said."""
    assert main(["state", "prune", str(state), "--devices", "é*"]) == 0
    said = capsys.readouterr()
    assert said.out == "let go of 1 devices: é/1; 1 are left\n"
    assert "2 arrivals since" in said.err
    assert read_snapshot(Shelf(state).place(7)).engine.devices == ["b"]


def test_prune_by_age_goes_by_the_last_reading_of_all(state: Path, capsys: Capture) -> None:
    """Age is event time before the newest reading, whatever the wall clock says."""
    assert main(["state", "prune", str(state), "--unseen", "1h"]) == 0
    assert "é/1" in capsys.readouterr().out
    assert main(["state", "prune", str(state), "--unseen", "1h"]) == 0
    assert capsys.readouterr().out == "let go of 0 devices; 1 are left\n"


def test_prune_is_refused_while_a_daemon_runs(state: Path, capsys: Capture) -> None:
    """Who holds the directory is asked to stop first, and nothing is changed."""
    lock = lock_directory(state)
    try:
        assert main(["state", "prune", str(state), "--devices", "*"]) == 1
    finally:
        os.close(lock)
    assert "stop the daemon first" in capsys.readouterr().err
    assert len(read_snapshot(Shelf(state).place(7)).engine.devices) == 2


def test_prune_wants_to_know_whom(state: Path, capsys: Capture) -> None:
    """Without a glob or an age it is bad usage."""
    assert main(["state", "prune", str(state)]) == 2
    assert "expected --devices" in capsys.readouterr().err
