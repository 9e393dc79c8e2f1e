"""A worker comes back from snapshot and journal as it was, whatever is wrong with them."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detector.daemon.recovery import Recovery
from detector.daemon.worker import Worker
from detector.domain import MICROSECONDS, EventTime, Feedback, FeedbackKind, Height, Reading
from detector.edge.snapshot import Shelf
from detector.report import Batch
from detector.settings import Settings
from tests.fleet import engine, noise, settings
from tests.laws.remembering import everything
from tests.unit.daemon.plant import START_S, Plant

METERS = settings(sensors=[{"name": "meters"}], engine={"max_batch": 100})


def stream(begin: int, end: int, entry: int = 0) -> list[Reading]:
    """Return some readings of two devices."""
    values = noise(1, end)
    return [
        Reading(f"m{place % 2}", "power", EventTime((START_S + 20 * place) * MICROSECONDS), values[place], entry)
        for place in range(begin, end)
    ]


def live(worker: Worker, readings: list[Reading], quiet_s: float = 0.0) -> None:
    """Take readings in as the loop does, then let time pass; both are committed."""
    worker.journal.append(readings)
    for batch in worker.batcher.cut(readings):
        worker._tell(worker.engine.step(batch))
    idle = worker.batcher.idle(quiet_s)
    if idle is not None:
        worker.journal.append_ticks([tick.at for tick in idle.ticks])
        worker._tell(worker.engine.step(idle))
    worker.journal.commit()


def remembered(worker: Worker) -> dict[str, Any]:
    """Return all that matters of a worker, by path."""
    return everything([worker.engine, worker.batcher, worker.view.freeze()])


def snapshot(worker: Worker) -> None:
    """Take a snapshot now."""
    worker.take_snapshot(pause=lambda: None)


def always() -> bool:
    """Ask nobody to stop."""
    return True


def recover(worker: Worker, configured: Settings = METERS, go_on: Callable[[], bool] = always) -> Recovery:
    """Recover a worker; return what did it."""
    recovery = Recovery(worker, configured, engine, Plant())
    recovery.run(go_on)
    return recovery


def test_snapshot_and_journal_bring_back_readings_ticks_and_view(tmp_path: Path) -> None:
    """After the snapshot come readings and idle ticks of the journal, each in its place; view and engine are as they were."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 60))
        snapshot(worker)
        live(worker, stream(60, 80), quiet_s=300.0)
        live(worker, stream(95, 120))
        before, seq = remembered(worker), worker.journal.seq
    assert seq > 105
    with Plant().worker(tmp_path) as worker:
        assert recover(worker).taken == seq - 60
        assert remembered(worker) == before
        assert worker.journal.seq == seq


def say(worker: Worker, number: int, kind: FeedbackKind, channel: str = "power") -> None:
    """Say something of an alert of the first device, as the loop does."""
    one = Feedback(
        f"{number:016x}", kind, "m0", channel, stream(0, 1)[0].at, (Height("own", 1.4), Height("spike", 1.2))
    )
    worker.journal.append_feedback(one, "http")
    worker.engine.hear(one)


def test_feedback_comes_back_in_its_place(tmp_path: Path) -> None:
    """Said before a snapshot, after it or between readings, of a channel or of one that is not known: all is as it was."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 60))
        say(worker, 1, FeedbackKind.FALSE)
        say(worker, 2, FeedbackKind.CONFIRMED)
        live(worker, stream(60, 70))
        snapshot(worker)
        say(worker, 3, FeedbackKind.FALSE)
        say(worker, 4, FeedbackKind.FALSE, channel="unknown")
        live(worker, stream(70, 90), quiet_s=100.0)
        say(worker, 2, FeedbackKind.UNDONE)
        say(worker, 5, FeedbackKind.CONFIRMED)
        worker.journal.commit()
        before = remembered(worker)
        assert [one.alert[-1] for one in worker.engine.census().feedback] == ["1", "3", "5"]
    with Plant().worker(tmp_path) as worker:
        recover(worker)
        assert remembered(worker) == before


def test_recovered_readings_are_not_received_again(tmp_path: Path) -> None:
    """The ledger counts what this run received; who took the rest in has counted it then."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 60))
    with Plant().worker(tmp_path) as worker:
        recover(worker)
        counts = worker.ledger.snapshot()
    assert (counts.received, counts.scored, counts.pending) == (0, 0, 0)


def test_a_snapshot_ahead_of_a_lost_journal_gives_no_number_twice(tmp_path: Path) -> None:
    """Where the journal was lost, numbers go on behind the snapshot's."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 60))
        snapshot(worker)
        before = remembered(worker)
    for file in tmp_path.glob("journal.db*"):
        file.unlink()
    with Plant().worker(tmp_path) as worker:
        recover(worker)
        assert worker.journal.seq == 60
        assert remembered(worker) == before


def test_what_is_missing_between_snapshot_and_journal_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A journal that begins later than the snapshot ends is used nevertheless, with a sentence."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 10))
        snapshot(worker)
        worker.journal.continue_after(30)
        live(worker, stream(10, 20))
    with Plant().worker(tmp_path) as worker:
        assert recover(worker).taken == 10
    assert "the journal begins at 31, the snapshot ends at 10" in caplog.text


def test_refused_snapshots_are_told_once_and_the_next_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With both snapshots damaged each is named once, the journal alone brings back the same, and a third start is silent."""
    with Plant().worker(tmp_path) as worker:
        for begin in (0, 20):
            live(worker, stream(begin, begin + 20))
            snapshot(worker)
        before = remembered(worker)
    for folder in Shelf(tmp_path).newest_first():
        (folder / "names.json").write_bytes(b"{}")
    for expected in (2, 0):
        caplog.clear()
        with Plant().worker(tmp_path) as worker:
            recover(worker)
            assert remembered(worker) == before
        assert caplog.text.count("snapshot refused") == expected


def test_a_snapshot_that_nothing_fits_leaves_nothing_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A sound snapshot that an engine chokes on, as of a version with other names, is refused like a damaged one."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 20))
        before = remembered(worker)
        worker.view.freeze = lambda: {"unknown": 1}  # type: ignore[method-assign]
        snapshot(worker)
    with Plant().worker(tmp_path) as worker:
        recover(worker)
        assert remembered(worker) == before
    assert "expected what an engine remembers" in caplog.text


def test_readings_whose_entry_is_gone_go_to_the_one_that_claims_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """By the name of its entry, else by its device, a reading finds the present configuration; others are counted and told."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 20))
    renamed = settings(sensors=[{"name": "zero", "devices": "m0"}])
    with Plant().worker(tmp_path) as worker:
        recover(worker, renamed)
        assert worker.engine.freeze().devices == ["m0"]
    assert "10 readings of the journal belong to no sensors entry any more" in caplog.text


def test_what_the_engine_fails_by_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of ours at one batch does not come back at every start: it is told, and the rest is taken in."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 20), quiet_s=300.0)
        live(worker, stream(40, 60))
    with Plant().worker(tmp_path) as worker:
        sound, calls = worker.engine.step, list[Batch]()

        def step(batch: Batch) -> Any:
            calls.append(batch)
            if len(calls) == 1:
                raise ZeroDivisionError
            return sound(batch)

        worker.engine.step = step  # type: ignore[method-assign]
        recover(worker)
        assert worker.engine.freeze().devices == ["m0", "m1"]
    assert [record.levelno for record in caplog.records if "left out" in record.message] == [logging.ERROR]


def test_whoever_asks_to_stop_is_heard(tmp_path: Path) -> None:
    """A recovery that was given up says so, so that no snapshot is taken of a part."""
    with Plant().worker(tmp_path) as worker:
        live(worker, stream(0, 20))
    with Plant().worker(tmp_path) as worker:
        assert not Recovery(worker, METERS, engine, Plant()).run(lambda: False)


def test_nothing_is_let_go_of_that_a_snapshot_needs(tmp_path: Path) -> None:
    """From the start on the journal keeps what came after the older of the two snapshots."""
    with Plant().worker(tmp_path) as worker:
        for begin in (0, 20, 40):
            live(worker, stream(begin, begin + 20))
            snapshot(worker)
    with Plant().worker(tmp_path) as worker:
        recover(worker)
        assert worker.journal.needed_after == 40
    shutil.rmtree(Shelf(tmp_path).folder)
    with Plant().worker(tmp_path) as worker:
        recover(worker)
        assert worker.journal.needed_after is None
