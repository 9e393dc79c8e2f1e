"""An engine in a process of its own: what goes wrong there is said here, and neither process outlives the other."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from detector.clock import WallTime
from detector.domain import AlertEvent, Height
from detector.edge.forked import CAN_FORK, fork
from detector.edge.snapshot import Around, Snapshot
from detector.edge.stepping import Beside, EngineGoneError
from detector.edge.stepping.rows import LANES
from detector.engine import Engine
from detector.report import Batch, Report
from detector.stream.batch import Batcher
from detector.stream.stream_clock import NOT_STARTED
from tests.fleet import engine, noise, readings
from tests.system.patience import wait_until

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")

BATCHES = list(Batcher(1).cut(readings("m1", noise(1, 3 * LANES))))


class Failing(Engine):
    """An engine with a fault that shows at the third batch."""

    steps = 0

    def step(self, batch: Batch) -> Report:
        """Step, or fail."""
        self.steps += 1
        if self.steps == 3:
            raise ZeroDivisionError("as a fault of ours would")
        return super().step(batch)


def failing() -> Failing:
    """Return one."""
    subject = engine()
    subject.__class__ = Failing
    assert isinstance(subject, Failing)
    return subject


def lives(pid: int) -> bool:
    """Return whether a process is there, and more than its exit code."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def beside() -> Iterator[Beside]:
    """An engine with a process of its own."""
    stepper = Beside(engine(), 10)
    yield stepper
    stepper.close()


def test_more_batches_than_lanes_wait_their_turn(beside: Beside) -> None:
    """However many are handed over without looking at what came of them, each comes back, in order, and once."""
    for batch in BATCHES:
        beside.submit(batch)
    assert [step.report.readings for step in beside.finished(wait=True)] == [batch.readings for batch in BATCHES]
    assert list(beside.finished(wait=True)) == []


def test_without_waiting_what_is_there_is_taken(beside: Beside) -> None:
    """Steps that are done are had without waiting for any."""
    beside.submit(BATCHES[0])
    taken = list(beside.finished(wait=False))
    until = time.monotonic() + 60.0
    while not taken and time.monotonic() < until:
        taken = list(beside.finished(wait=False))
    assert len(taken) == 1


def test_a_fault_of_the_engine_is_told_with_its_traceback() -> None:
    """What the engine raises ends its process, and comes up here with the words and the place."""
    stepper = Beside(failing(), 10)
    for batch in BATCHES[:LANES]:
        stepper.submit(batch)
    with pytest.raises(EngineGoneError, match=r"(?s)in step.*ZeroDivisionError: as a fault of ours would"):
        list(stepper.finished(wait=True))
    stepper.close()
    assert not lives(stepper.pid or 0)


def test_a_killed_engine_is_missed(beside: Beside) -> None:
    """Whoever waits for an engine that the system ended is told so, and does not wait for ever."""
    assert beside.pid is not None
    os.kill(beside.pid, signal.SIGSTOP)
    beside.submit(BATCHES[0])
    os.kill(beside.pid, signal.SIGKILL)
    with pytest.raises(EngineGoneError, match="has ended"):
        list(beside.finished(wait=True))
    with pytest.raises(EngineGoneError):
        beside.submit(BATCHES[1])


def test_the_engine_ends_with_the_daemon() -> None:
    """A daemon that is killed leaves no engine behind."""
    pids, told = os.pipe()

    def daemon() -> None:
        os.write(told, f"{Beside(engine(), 10).pid}".encode())
        signal.pause()

    pid = fork(daemon, keep=[told])
    engine_pid = int(os.read(pids, 20))
    assert lives(engine_pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_until(lambda: not lives(engine_pid), "the engine's process ended")
    os.close(pids)
    os.close(told)


def test_signals_that_are_sent_to_all_are_the_daemons_alone(beside: Beside) -> None:
    """SIGTERM and SIGINT, which a service manager and a terminal send to every process, leave the engine to the daemon."""
    assert beside.pid is not None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(beside.pid, number)
    beside.submit(BATCHES[0])
    assert len(list(beside.finished(wait=True))) == 1


def full(_snapshot: Snapshot, _pause: object) -> None:
    """Fail as a full disk does."""
    raise OSError(28, "No space left on device")


def done(_snapshot: Snapshot, _pause: object) -> None:
    """Write nothing, and be done."""


def slow(_snapshot: Snapshot, _pause: object) -> None:
    """Take for ever, as a disk may."""
    time.sleep(3600.0)


def test_a_snapshot_that_cannot_be_written_is_told(beside: Beside) -> None:
    """At once or aside, the reason comes back, and the engine goes on."""
    subject = beside.subject(lambda: Around(1, WallTime(0.0), NOT_STARTED, None))
    with pytest.raises(OSError, match="No space left"):
        subject.at_once(full, lambda: None)
    copy = subject.aside(full)
    wait_until(lambda: copy.outcome() is not None, "the copy ended")
    assert "No space left" in str(copy.outcome())
    beside.submit(BATCHES[0])
    assert len(list(beside.finished(wait=True))) == 1


def test_a_snapshot_under_way_can_be_ended(beside: Beside) -> None:
    """One that hangs is ended on request, and says by what."""
    copy = beside.subject(lambda: Around(1, WallTime(0.0), NOT_STARTED, None)).aside(slow)
    assert copy.outcome() is None
    copy.end()
    wait_until(lambda: copy.outcome() is not None, "the copy ended")
    assert "SIGKILL" in str(copy.outcome())


def test_what_is_wrong_around_the_engine_is_told(beside: Beside) -> None:
    """Where this process cannot say what it remembers, the snapshot fails by that; the next one is none the worse for it."""

    def broken() -> Around:
        raise ValueError("the view is broken")

    copies = beside.subject(broken).aside(done)
    wait_until(lambda: copies.outcome() is not None, "the copies ended")
    assert copies.outcome() == "the view is broken"
    sound = beside.subject(lambda: Around(1, WallTime(0.0), NOT_STARTED, None)).aside(done)
    wait_until(lambda: sound.outcome() is not None, "the copies ended")
    assert sound.outcome() == ""


def test_questions_of_unknown_alerts_are_answered(beside: Beside) -> None:
    """What was told of an alert is returned where the engine knows no more of it."""
    event = AlertEvent.from_plain(
        {
            "id": "00ff", "event": "opened", "at": 0, "onset": 0, "device": "m9", "channel": "flow", "verdict": "process",
            "kind": "residual", "severity": "warning", "score": 1.0, "value": 1.0, "expected": 1.0, "lower": 0.0, "upper": 2.0,
            "unit": None, "summary": "", "heights": (Height("own", 1.5),),
        }
    )  # fmt: skip
    assert beside.heights_of(event) == (Height("own", 1.5),)
