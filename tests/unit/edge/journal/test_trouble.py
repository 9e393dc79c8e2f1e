"""What the journal does when the disk, or what is on it, is not as it should be."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from detector.edge.journal.database import VERSION, set_aside
from detector.edge.journal.disk import RETRY_S
from detector.edge.journal.journal import WAITING
from detector.errors import JournalError
from tests.unit.edge.journal.bench import START_S, Bench, readings, values


def test_without_a_disk_readings_wait_for_one(tmp_path: Path) -> None:
    """Where the directory cannot be made, that is told and nothing raised; once it can, what waited is committed."""
    bench = Bench(tmp_path / "state")
    bench.folder.write_text("a file where the directory should be")
    with bench.journal() as journal:
        journal.append(readings(1.0))
        journal.commit()
        assert str(bench.path) in (journal.status().trouble or "")
        assert (journal.committed, list(journal.read(0))) == (0, [])
        bench.folder.unlink()
        bench.clock.passed_s += RETRY_S
        journal.append(readings(2.0))
        journal.commit()
        assert values(bench.on_disk()) == [1.0, 2.0]
        assert (journal.status().trouble, journal.status().lost) == (None, 0)
        assert journal.status().failures > 0


def test_a_disk_that_failed_is_not_tried_at_every_turn(tmp_path: Path) -> None:
    """Between two tries a commit costs nothing and counts no failure."""
    bench = Bench(tmp_path / "state")
    bench.folder.write_text("")
    with bench.journal() as journal:
        journal.append(readings(1.0))
        failures = journal.status().failures
        for _ in range(10):
            bench.clock.passed_s += RETRY_S / 20
            journal.commit()
        assert journal.status().failures == failures


def test_a_database_that_another_program_holds_is_waited_for(tmp_path: Path) -> None:
    """While somebody else writes, nothing can be committed; afterwards everything is."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        with closing(sqlite3.connect(bench.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            journal.append(readings(1.0))
            journal.commit()
            assert "locked" in (journal.status().trouble or "")
        bench.clock.passed_s += RETRY_S
        journal.append(readings(2.0))
        journal.commit()
        assert values(bench.on_disk()) == [1.0, 2.0]


def test_what_waits_is_bounded_and_what_is_lost_is_counted(tmp_path: Path) -> None:
    """Beyond the bound the oldest are given up; their numbers are not given again, so that the gap can be seen."""
    bench = Bench(tmp_path / "state")
    bench.folder.write_text("")
    with bench.journal() as journal:
        for _ in range(3):
            journal.append(readings(*range(WAITING // 2)))
        assert journal.status().lost == WAITING // 2
        bench.folder.unlink()
        bench.clock.passed_s += RETRY_S
        journal.commit()
        kept = [arrival.seq for arrival in journal.read(0)]
    assert kept == list(range(WAITING // 2 + 1, 3 * (WAITING // 2) + 1))


def test_what_waited_is_numbered_behind_a_journal_found_late(tmp_path: Path) -> None:
    """Where the disk comes back with a journal on it, the readings that waited get numbers behind its last."""
    bench = Bench(tmp_path / "state")
    with bench.journal() as journal:
        journal.append(readings(1.0, 2.0))
    bench.folder.rename(tmp_path / "elsewhere")
    bench.folder.write_text("")
    with bench.journal() as journal:
        journal.append(readings(3.0))
        bench.folder.unlink()
        (tmp_path / "elsewhere").rename(bench.folder)
        bench.clock.passed_s += RETRY_S
        journal.append(readings(4.0))
        journal.commit()
        assert [(arrival.seq, arrival.value) for arrival in journal.read(0)] == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]


@pytest.mark.parametrize("damage", ["other bytes", "cut off"])
def test_a_damaged_database_is_set_aside(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is no sound database keeps its bytes under a name with the date; a new one is begun, and that is said."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(*range(1000)))
    before = bench.path.read_bytes()
    bench.path.write_bytes(b"oops" * 1000 if damage == "other bytes" else before[: len(before) // 2])
    damaged = bench.path.read_bytes()
    with bench.journal() as journal:
        journal.append(readings(1.0))
        journal.commit()
        assert journal.status().trouble is None
        assert journal.status().failures == 1
        assert values(list(journal.read(0))) == [1.0]
    (aside,) = tmp_path.glob("journal-damaged-*.db")
    assert aside.name == "journal-damaged-20231114T221320Z.db"
    assert aside.read_bytes() == damaged
    assert aside.name in caplog.text


def test_the_log_of_a_damaged_database_goes_with_it(tmp_path: Path) -> None:
    """What SQLite keeps beside a database is set aside under the same name, so that neither is taken for the new one's."""
    bench = Bench(tmp_path)
    for ending in ("", "-wal", "-shm"):
        Path(f"{bench.path}{ending}").write_text(f"x{ending}")
    aside = set_aside(bench.path, bench.clock.wall())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        f"{aside.name}{ending}": f"x{ending}" for ending in ("", "-wal", "-shm")
    }


def test_damage_met_while_running_is_set_aside_as_well(tmp_path: Path) -> None:
    """A database that is damaged under the daemon's hands is replaced, and what waited is in the new one."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(1.0))
        journal.commit()
        journal.entries = ("others",)
        with closing(sqlite3.connect(bench.path, isolation_level=None)) as other:
            other.executescript(
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'oops'; PRAGMA schema_version = 99"
            )
        bench.clock.passed_s += RETRY_S
        journal.append(readings(2.0))
        journal.commit()
        assert [(arrival.seq, arrival.value) for arrival in journal.read(0)] == [(2, 2.0)]
    assert list(tmp_path.glob("journal-damaged-*.db"))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"PRAGMA user_version = {VERSION + 1}", rf"journal\.db: expected a journal of version {VERSION}, got version"),
        ("PRAGMA application_id = 7", r"journal\.db: expected a journal of ours, got another program's"),
    ],
)
def test_what_is_not_ours_is_refused_and_left_alone(tmp_path: Path, statement: str, expected: str) -> None:
    """A newer detector's journal, or another program's database, is refused with a sentence, and not touched."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(1.0))
    with closing(sqlite3.connect(bench.path, isolation_level=None)) as db:
        db.execute(statement)
    before = bench.path.read_bytes()
    for _ in range(2):  # the first refusal gives the directory up again
        with pytest.raises(JournalError, match=expected), bench.journal():
            pass
    assert bench.path.read_bytes() == before


def test_a_directory_serves_one_daemon(tmp_path: Path) -> None:
    """A second journal in the same directory is refused while the first is open, and not after."""
    bench = Bench(tmp_path)
    with bench.journal(), pytest.raises(JournalError, match=r"expected a state directory of our own"), bench.journal():
        pass
    with bench.journal() as journal:
        assert journal.status().trouble is None


def test_a_crash_leaves_what_was_committed(tmp_path: Path) -> None:
    """From the files as they stand after a commit, without any goodbye, a journal goes on with all of it."""
    bench, after = Bench(tmp_path / "state"), Bench(tmp_path / "after")
    with bench.journal() as journal:
        journal.append(readings(1.0, 2.0))
        journal.commit()
        journal.append(readings(3.0))
        shutil.copytree(bench.folder, after.folder)
    with after.journal() as journal:
        assert values(list(journal.read(0))) == [1.0, 2.0]
        assert journal.seq == 2
    assert after.clock.wall() == START_S
