"""Snapshots are taken beside the scoring, and failing to is told once and stops nothing."""

import logging
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from detector.clock import MonoTime, WallTime
from detector.edge.snapshot import Keeper, OfThisProcess, Snapshot, read_snapshot
from detector.edge.snapshot.keeper import TOO_LONG_S
from tests.system.patience import wait_until
from tests.unit.edge.snapshot.taken import stepped, taken


@dataclass
class Hand:
    """A clock that is moved by hand."""

    now: float = 0.0

    def wall(self) -> WallTime:
        """Return the wall time."""
        return WallTime(1000.0 + self.now)

    def mono(self) -> MonoTime:
        """Return the monotonic time."""
        return MonoTime(self.now)


def finish(keeper: Keeper) -> None:
    """Wait until the snapshot under way has ended, well or not."""
    before = keeper.status()

    def ended() -> bool:
        keeper.look_after()
        return keeper.status() is not before

    wait_until(ended, "the snapshot ended")


def never() -> Snapshot:
    """Fail: nothing is to be written."""
    raise AssertionError


def killed() -> Snapshot:
    """End this process, as the system does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    return never()


def hanging() -> Snapshot:
    """Take for ever, as a disk may."""
    time.sleep(3600)
    return never()


def failing() -> Snapshot:
    """Fail as a full disk does."""
    raise OSError(28, "No space left on device")


def test_a_snapshot_is_due_after_each_interval(tmp_path: Path) -> None:
    """The first is due after one interval, the next an interval after that was begun and once it is done."""
    clock = Hand()
    keeper = Keeper(tmp_path, 60.0, clock)
    assert not keeper.due()
    clock.now = 60.0
    assert keeper.due()
    keeper.begin(7, OfThisProcess(taken))
    clock.now = 121.0
    assert not keeper.due()
    finish(keeper)
    assert keeper.due()
    assert keeper.status().taken_at == 1060.0
    assert read_snapshot(keeper.shelf.place(7)).seq == 7


def test_what_changes_meanwhile_is_not_in_it(tmp_path: Path) -> None:
    """The snapshot holds the state of the moment it was begun, whatever the engine does while it is written."""
    subject, batcher = stepped()
    keeper, before = Keeper(tmp_path, 60.0, Hand()), subject.blocks()["scale"].arrays()["location"].copy()

    def now() -> Snapshot:
        return Snapshot(7, WallTime(0.0), batcher.freeze(), subject.freeze(), None)

    keeper.begin(7, OfThisProcess(now))
    subject.blocks()["scale"].arrays()["location"][:] = 0.0
    finish(keeper)
    found = read_snapshot(keeper.shelf.place(7)).engine.blocks["scale"].arrays["location"]
    assert np.array_equal(found, before)


def test_two_are_kept(tmp_path: Path) -> None:
    """After a third snapshot the first is gone, and the journal is needed from the second on."""
    keeper = Keeper(tmp_path, 60.0, Hand())
    for seq in (7, 8, 9):
        keeper.begin(seq, OfThisProcess(lambda seq=seq: taken(seq)))  # type: ignore[misc]
        finish(keeper)
    assert [int(path.name) for path in keeper.shelf.newest_first()] == [9, 8]
    assert keeper.needed_after == 8


def test_without_arrivals_the_last_one_is_as_good(tmp_path: Path) -> None:
    """Nothing is written where nothing arrived; what is on disk is what is in memory, and counts as taken now."""
    clock = Hand()
    keeper = Keeper(tmp_path, 60.0, clock)
    keeper.found(7, WallTime(5.0))
    clock.now = 60.0
    keeper.begin(7, OfThisProcess(never))
    keeper.take(7, OfThisProcess(never))
    assert keeper.status().taken_at == 1060.0


def test_failing_is_told_once_and_then_its_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Two failures are one line in the log, with the reason; the first success after them is another."""
    keeper = Keeper(tmp_path, 60.0, Hand())
    for seq in (7, 8):
        keeper.begin(seq, OfThisProcess(failing))
        finish(keeper)
    assert keeper.status().failures == 2
    assert "No space left" in str(keeper.status().trouble)
    keeper.begin(9, OfThisProcess(taken))
    finish(keeper)
    assert keeper.status().trouble is None
    told = [record.levelno for record in caplog.records if record.levelno > logging.INFO]
    assert told == [logging.ERROR, logging.WARNING]


def test_a_killed_copy_is_a_failure_like_any(tmp_path: Path) -> None:
    """Where the system ends the copy, say for want of memory, that is told, and nothing half-written is taken for a snapshot."""
    keeper = Keeper(tmp_path, 60.0, Hand())
    keeper.begin(7, OfThisProcess(killed))
    finish(keeper)
    assert "SIGKILL" in str(keeper.status().trouble)
    assert keeper.shelf.newest_first() == []


def test_the_last_one_is_written_at_once(tmp_path: Path) -> None:
    """At the shutdown the one under way is given up, however long it would take, and one is there on return."""
    keeper = Keeper(tmp_path, 60.0, Hand())
    keeper.begin(7, OfThisProcess(hanging))
    keeper.take(8, OfThisProcess(lambda: taken(8)))
    assert [int(path.name) for path in keeper.shelf.newest_first()] == [8]


def test_one_that_hangs_is_ended_and_others_follow(tmp_path: Path) -> None:
    """What is not done for very long is given up and told, and the next one is written when it is due."""
    clock = Hand()
    keeper = Keeper(tmp_path, 60.0, clock)
    keeper.begin(7, OfThisProcess(hanging))
    clock.now = TOO_LONG_S
    keeper.look_after()
    assert keeper.status().trouble is None
    clock.now += 1.0
    finish(keeper)
    assert f"not done within {TOO_LONG_S:.0f} s" in (keeper.status().trouble or "")
    assert keeper.due()
    keeper.begin(8, OfThisProcess(taken))
    finish(keeper)
    assert keeper.status().trouble is None
