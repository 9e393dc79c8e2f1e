"""What the journal keeps of alerts: each event once, owed to every sink until it has it."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from detector.clock import WallTime
from detector.domain import AlertEvent, AlertKey, Height, Transition
from detector.edge.journal import Journal, Mark, Outcome
from detector.edge.journal.database import OURS, READINGS, VERSION
from detector.edge.journal.disk import RETRY_S
from detector.edge.journal.store import MARK_EVERY_S
from detector.edge.journal.unwritten import WAITING
from detector.settings import JournalSettings
from tests.unit.edge.journal.bench import Bench, readings, values
from tests.unit.edge.readings import event

DAY_S = 86_400.0


def events(*seconds: float) -> list[AlertEvent]:
    """Return events that tell each other apart by their time."""
    return [event(Transition.UPDATED, at) for at in seconds]


def times(owed: Iterable[AlertEvent]) -> list[float]:
    """Return the times by which events were told apart."""
    (start,) = events(0)
    return [(one.at - start.at) / 1e6 for one in owed]


def told(journal: Journal) -> list[AlertEvent]:
    """Commit; return what is to be told then."""
    return [found.item for found in journal.commit()]


def owed(journal: Journal, sink: str = "mqtt", but: tuple[AlertKey, ...] = (), limit: int = 100) -> list[float]:
    """Return what a sink has not had."""
    return times(found.item for found in journal.owed(sink, but, limit))


def delivered(one: AlertEvent, sink: str = "mqtt") -> Mark[AlertKey]:
    """Return the mark of a delivery."""
    return Mark(sink, one.key, Outcome.DELIVERED, WallTime(0.0))


def test_an_event_comes_back_as_it_was(tmp_path: Path) -> None:
    """Every field of an event outlives the process, also those that are not known."""
    bench = Bench(tmp_path)
    heights = (Height("peers", 1.25), Height("own", 1.1))
    found = [event(Transition.OPENED, 1.5, channel=None), replace(event(Transition.UPDATED, 2), heights=heights)]
    with bench.journal() as journal:
        journal.append_alerts(found)
        assert told(journal) == found
    with bench.journal() as journal:
        assert journal.kept.recent_alerts(10) == found
        assert journal.kept.recent_alerts(1) == found[1:]


def test_an_event_found_again_is_told_once(tmp_path: Path) -> None:
    """After a restart, an event that is found again is neither told, nor owed, nor kept a second time."""
    bench = Bench(tmp_path)
    for fresh in (events(1, 2), []):
        with bench.journal() as journal:
            journal.sinks = ("mqtt",)
            journal.append_alerts(events(1, 2))
            assert told(journal) == fresh
            assert owed(journal) == [1, 2]


def test_events_and_the_readings_that_led_to_them_are_committed_together(tmp_path: Path) -> None:
    """Before the commit neither is on disk and nothing is told; after it both are."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.sinks = ("mqtt",)
        journal.append(readings(1.0, 2.0))
        journal.append_alerts(events(1))
        assert (bench.on_disk(), journal.kept.recent_alerts(10), owed(journal)) == ([], [], [])
        assert told(journal) == events(1)
        assert (values(bench.on_disk()), journal.kept.recent_alerts(10), owed(journal)) == ([1.0, 2.0], events(1), [1])


def test_each_sink_is_owed_what_it_has_not_had(tmp_path: Path) -> None:
    """A mark of one sink says nothing of another; it holds at once, and over a restart once it is committed."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.sinks = ("mqtt", "webhook")
        first, *_ = found = events(1, 2, 3)
        journal.append_alerts(found)
        journal.commit()
        journal.mark(delivered(first))
        assert owed(journal) == [2, 3]
        assert owed(journal, but=(found[1].key,)) == [3]
        assert owed(journal, "webhook", limit=2) == [1, 2]
        journal.commit()
    with bench.journal() as journal:
        assert (owed(journal), owed(journal, "webhook")) == ([2, 3], [1, 2, 3])


def test_only_what_every_sink_has_had_is_let_go(tmp_path: Path) -> None:
    """Events go by age once they are delivered, given up, or owed to nobody that is configured; never while they are owed."""
    bench = Bench(tmp_path, JournalSettings(keep=1.0, keep_alerts=DAY_S))
    with bench.journal() as journal:
        journal.sinks = ("mqtt", "gone")
        journal.append(readings(1.0))
        journal.append_alerts(found := events(1, 2, 3))
        journal.commit()
        journal.mark(delivered(found[0]))
        journal.mark(Mark("mqtt", found[2].key, Outcome.GIVEN_UP, WallTime(0.0)))
        journal.sinks = ("mqtt",)
        for _ in range(3):
            bench.clock.passed_s += DAY_S
            journal.append(readings(1.0))
            journal.commit()
        assert times(journal.kept.recent_alerts(10)) == [2]
        journal.mark(delivered(found[1]))
        for _ in range(2):
            bench.clock.passed_s += MARK_EVERY_S
            journal.append(readings(1.0))
            journal.commit()
        assert journal.kept.recent_alerts(10) == []


def test_an_event_stays_as_long_as_the_readings_that_led_to_it(tmp_path: Path) -> None:
    """However old it is: stepping those readings again must find it known."""
    bench = Bench(tmp_path, JournalSettings(keep=1.0, keep_alerts=1.0))
    with bench.journal() as journal:
        journal.needed_after = 0
        journal.append(readings(1.0))
        journal.append_alerts(events(1))
        for _ in range(3):
            bench.clock.passed_s += DAY_S
            journal.append(readings(2.0))
            journal.commit()
        assert times(journal.kept.recent_alerts(10)) == [1]


def test_a_disk_that_fails_holds_no_alert_back(tmp_path: Path) -> None:
    """Alerts are told once though nothing can be written; with the disk back they are on it, with their marks."""
    bench = Bench(tmp_path / "state")
    bench.folder.write_text("a file where the directory should be")
    with bench.journal() as journal:
        journal.sinks = ("mqtt",)
        journal.append_alerts(found := events(1, 2))
        assert told(journal) == found
        assert told(journal) == []
        assert owed(journal) == [1, 2]
        journal.mark(delivered(found[0]))
        assert owed(journal) == [2]
        bench.folder.unlink()
        bench.clock.passed_s += RETRY_S
        assert told(journal) == []
        assert (owed(journal), journal.kept.recent_alerts(10)) == ([2], found)
        assert journal.status().alerts_lost == 0


def test_alerts_that_wait_for_a_disk_are_bounded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What has no room in memory is counted and logged, the oldest first."""
    bench = Bench(tmp_path / "state")
    bench.folder.write_text("")
    with bench.journal() as journal:
        journal.append_alerts(events(*range(WAITING + 2)))
        assert journal.status().alerts_lost == 2
        assert owed(journal, limit=1) == [2]
    assert "no room for an alert" in caplog.text


def test_a_journal_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its readings stay, it takes alerts, and its version is ours."""
    bench = Bench(tmp_path)
    with closing(sqlite3.connect(bench.path, isolation_level=None)) as db:
        db.executescript(
            f"PRAGMA journal_mode = WAL; {READINGS} PRAGMA application_id = {OURS}; PRAGMA user_version = 1;"
        )
        db.executescript(
            "INSERT INTO channels VALUES (1, 'p1', 'flow', 'pumps', 1); INSERT INTO arrivals VALUES (7, 1, 5, 1.5);"
        )
    with bench.journal() as journal:
        journal.append_alerts(events(1))
        journal.append(readings(2.5))
        journal.commit()
        assert [(one.seq, one.value) for one in bench.on_disk()] == [(7, 1.5), (8, 2.5)]
        assert journal.kept.recent_alerts(10) == events(1)
    with closing(sqlite3.connect(bench.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
