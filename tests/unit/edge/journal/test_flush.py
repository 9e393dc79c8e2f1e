"""What stands between a commit, which the end of the process does not undo, and the disk, which outlasts a power failure."""

import os
import shutil
from pathlib import Path
from threading import Event

import pytest

from detector.edge.journal import flusher
from detector.edge.journal.disk import RETRY_S
from tests.system.patience import wait_until
from tests.unit.edge.journal.bench import Bench, readings, values

COMMITS, EACH = 5, 3


def test_after_a_power_failure_whole_commits_are_there_up_to_one_of_them(tmp_path: Path) -> None:
    """Wherever the disk stopped, the journal opens, and holds the first so many commits: none in part, none after a missing one."""
    bench = Bench(tmp_path / "running")
    found = set()
    with bench.journal() as journal:
        log = Path(f"{bench.path}-wal")
        for commit in range(COMMITS):
            journal.append(readings(*(float(EACH * commit + place) for place in range(EACH))))
            journal.commit()
        size = log.stat().st_size
        for place, end in enumerate([*range(0, size, size // 40), size]):
            after = Bench(tmp_path / f"after-{place}")
            after.folder.mkdir()
            shutil.copy(bench.path, after.path)
            shutil.copy(log, f"{after.path}-wal")
            os.truncate(f"{after.path}-wal", end)
            with after.journal() as survivor:
                assert survivor.status().trouble is None
                kept = values(list(survivor.read(0)))
            assert kept == [float(number) for number in range(len(kept))]
            assert len(kept) % EACH == 0
            found.add(len(kept) // EACH)
    assert found == set(range(COMMITS + 1))


def test_what_is_committed_is_settled_once_it_was_flushed(tmp_path: Path) -> None:
    """Until the disk has it, nobody takes it for settled."""
    with Bench(tmp_path).journal() as journal:
        journal.append(readings(1.0))
        journal.commit()
        assert (journal.committed, journal.disk.commits) == (1, 1)
        journal.disk.flush()
        assert (journal.disk.flushed, journal.settled) == (1, True)


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    """Where a flush fails, that is trouble like any other, and nothing is settled until the disk is back."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(1.0))
        journal.commit()
        journal.disk.flush()
        assert journal.disk._flusher is not None
        with Path(os.devnull).open("rb") as nowhere:  # which no disk takes
            os.dup2(nowhere.fileno(), journal.disk._flusher._log)
        journal.append(readings(1.5))
        journal.commit()
        journal.disk.flush()
        assert str(bench.path) in (journal.status().trouble or "")
        assert not journal.settled
        bench.clock.passed_s += RETRY_S
        journal.append(readings(2.0))
        journal.commit()
        journal.disk.flush()
        assert (journal.settled, journal.status().trouble) == (True, None)
        assert values(bench.on_disk()) == [1.0, 1.5, 2.0]


def test_a_disk_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits go on, and what is wrong is said, for as long as the disk does not answer."""
    answers = Event()
    monkeypatch.setattr(flusher, "HANGS_AFTER_S", 0.0)
    monkeypatch.setattr(os, "fdatasync", lambda _log: answers.wait())
    with Bench(tmp_path).journal() as journal:
        for value in (1.0, 2.0):
            journal.append(readings(value))
            journal.commit()
        try:
            wait_until(lambda: journal.status().trouble, "the disk is said to hang")
            assert "has not answered" in (journal.status().trouble or "")
            assert (journal.committed, journal.settled) == (2, False)
        finally:
            answers.set()
        journal.disk.flush()
        assert (journal.status().trouble, journal.settled) == (None, True)


@pytest.mark.parametrize("begin", ["new", "old"])
def test_the_end_of_the_process_loses_nothing_that_was_committed(tmp_path: Path, begin: str) -> None:
    """Whoever looks after a process that ended without a word finds all its commits, flushed or not, in a new journal or an old one."""
    bench = Bench(tmp_path)
    before = []
    if begin == "old":
        with bench.journal() as journal:
            journal.append(readings(0.5))
            journal.commit()
        before = [0.5]
    pid = os.fork()
    if not pid:
        try:
            with bench.journal() as journal:
                journal.append(readings(1.0, 2.0))
                journal.commit()
                os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert values(bench.on_disk()) == [*before, 1.0, 2.0]
