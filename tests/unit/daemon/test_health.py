"""What the daemon says of how it is."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.daemon.control import Control
from detector.daemon.health import Health
from detector.daemon.recovery import Recovery
from detector.daemon.worker import STUCK_AFTER_S, Worker
from detector.settings import Settings
from tests.fleet import engine
from tests.unit.daemon.plant import SENSORS, Plant


@pytest.fixture
def clock() -> Plant:
    """A clock that goes on a little at each look."""
    return Plant()


@pytest.fixture
def worker(tmp_path: Path, clock: Plant) -> Iterator[Worker]:
    """A worker whose link was never started."""
    with clock.worker(tmp_path) as made:
        yield made


def test_the_most_that_is_in_the_way_is_why_it_is_not_ready(worker: Worker, clock: Plant) -> None:
    """A stop comes before a recovery, that before the broker; once that has granted the subscriptions, nothing is in the way."""
    control = Control()
    health = Health(worker, control)
    assert health.not_ready() == "not connected to a broker"
    health.recovery = Recovery(worker, Settings(sensors=SENSORS), engine, clock)
    assert health.not_ready() == "recovering: 0 arrivals of the journal taken in"
    control.stop_asked_by = "SIGTERM"
    assert health.not_ready() == "shutting down"
    control.stop_asked_by = health.recovery = None
    worker.link.subscribed.set()
    assert health.not_ready() is None


def test_a_disk_that_fails_is_amiss_though_the_daemon_serves(worker: Worker) -> None:
    """What the journal says comes with what it means; while all is well, nothing is amiss."""
    health = Health(worker, Control())
    assert health.trouble() is None
    worker.journal.disk.fail(sqlite3.OperationalError("disk full"))
    assert (health.trouble() or "").startswith("scoring without the journal: cannot write")


def test_it_hangs_when_turns_come_no_more(worker: Worker, clock: Plant) -> None:
    """Long after the last turn only a restart will help, unless it recovers or stops just then."""
    control = Control()
    health = Health(worker, control)
    worker.turn()
    assert health.hung() is None
    while worker.alive:
        clock.mono()
    assert health.hung() == f"the scoring thread has not come round for {STUCK_AFTER_S:.0f} s"
    control.stop_asked_by = "SIGTERM"
    assert health.hung() is None
