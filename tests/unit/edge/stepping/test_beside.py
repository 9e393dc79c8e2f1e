"""An engine in a process of its own: what goes wrong there is said here, and neither process outlives the other."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from detector.clock import WallTime
from detector.domain import AlertEvent, Height
from detector.edge.forked import CAN_FORK, fork
from detector.edge.snapshot import Around, Snapshot
from detector.edge.stepping import Beside, EngineGoneError
from detector.edge.stepping.rows import LANES
from detector.engine import Engine, Unlearnt
from detector.report import Batch, Report
from detector.stream.batch import Batcher
from detector.stream.stream_clock import NOT_STARTED
from tests.fleet import engine, noise, readings
from tests.system.patience import wait_until

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")

AROUND = Around(1, WallTime(0.0), NOT_STARTED, None)
BATCHES = list(Batcher(1).cut(readings("m1", noise(1, 3 * LANES))))


class Failing(Engine):
    """An engine with a fault that shows at the third batch."""

    judged = 0

    def judge(self, batch: Batch) -> tuple[Report, Unlearnt]:
        """Judge, or fail."""
        self.judged += 1
        if self.judged == 3:
            raise ZeroDivisionError("as a fault of ours would")
        return super().judge(batch)


class Thorough(Engine):
    """An engine that takes its time to learn."""

    def learn(self, unlearnt: Unlearnt) -> None:
        """Learn, after a while."""
        time.sleep(0.01)
        super().learn(unlearnt)


def that_is(kind: type[Engine]) -> Engine:
    """Return an engine of this kind."""
    subject = engine()
    subject.__class__ = kind
    return subject


def lives(pid: int) -> bool:
    """Return whether a process is there, and more than its exit code."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    return False


def children() -> set[int]:
    """Return the children of this process, ended ones that nobody has asked after included. Source: proc(5), stat, field 4."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(path.parent.name))
    return found


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


def test_what_is_still_being_learnt_is_not_written_over() -> None:
    """However long learning takes, what was told of is learnt as it was handed over, whatever batches come after it."""
    stepper, twin = Beside(that_is(Thorough), 10), engine()
    batches, told = list(Batcher(1).cut(readings("m1", noise(1, 60)))), list[Report]()
    for batch in batches:
        stepper.submit(batch)
        told += [step.report for step in stepper.finished(wait=False)]
    told += [step.report for step in stepper.finished(wait=True)]
    stepper.close()
    assert [report.expected.tobytes() for report in told] == [twin.step(batch).expected.tobytes() for batch in batches]


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
    stepper = Beside(that_is(Failing), 10)
    for batch in BATCHES[:LANES]:
        stepper.submit(batch)
    with pytest.raises(EngineGoneError, match=r"(?s)in judge.*ZeroDivisionError: as a fault of ours would"):
        list(stepper.finished(wait=True))
    stepper.close()
    assert not lives(stepper.pid)


def test_a_killed_engine_is_missed(beside: Beside) -> None:
    """Whoever waits for an engine that the system ended is told so, and does not wait for ever."""
    os.kill(beside.pid, signal.SIGSTOP)
    beside.submit(BATCHES[0])
    os.kill(beside.pid, signal.SIGKILL)
    with pytest.raises(EngineGoneError, match="has ended"):
        list(beside.finished(wait=True))
    with pytest.raises(EngineGoneError):
        beside.submit(BATCHES[1])


@pytest.mark.timeout(60)
def test_the_end_of_the_engine_is_told_to_all_who_ask() -> None:
    """However often somebody made nothing of it, whoever asks next is told so again, and does not wait for ever."""
    stepper = Beside(that_is(Failing), 10)
    for batch in BATCHES[:LANES]:
        stepper.submit(batch)
    for _ in range(3):
        with pytest.raises(EngineGoneError):
            list(stepper.finished(wait=True))
    wait_until(lambda: not lives(stepper.pid), "the engine's process ended")
    for _ in range(3):
        with pytest.raises(EngineGoneError):
            stepper.submit(BATCHES[LANES])
    with pytest.raises(EngineGoneError):
        list(stepper.finished(wait=False))
    stepper.close()


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


class Orphaned:
    """Writes until the daemon is gone and what that led to is noted in a folder."""

    def __init__(self, folder: Path) -> None:
        """Note it there."""
        self._folder = folder

    def __call__(self, _snapshot: Snapshot, pause: Callable[[], None]) -> None:
        """Write."""
        (self._folder / "begun").touch()
        wait_until((self._folder / "gone").exists, "the daemon was gone")
        ended_by = "nothing"
        try:
            pause()
        except BaseException as fault:
            ended_by = type(fault).__name__
            raise
        finally:
            (self._folder / "ended by").write_text(ended_by)


def test_a_snapshot_is_given_up_where_the_daemon_is_gone(tmp_path: Path) -> None:
    """One that a daemon waited for when it was killed goes no further: the next daemon may write in the same place."""

    def daemon() -> None:
        Beside(engine(), 10).write_at_once(Orphaned(tmp_path), AROUND, lambda: None)

    pid = fork(daemon, keep=[])
    wait_until((tmp_path / "begun").exists, "the snapshot was begun")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    (tmp_path / "gone").touch()
    told = tmp_path / "ended by"
    wait_until(lambda: told.exists() and told.read_text(), "the writing ended")
    assert told.read_text() == "OrphanedError"


def test_a_snapshot_that_cannot_be_written_is_told(beside: Beside) -> None:
    """At once or aside, the reason comes back, and the engine goes on."""
    subject = beside.subject(lambda: AROUND)
    with pytest.raises(OSError, match="No space left"):
        subject.at_once(full, lambda: None)
    copy = subject.aside(full)
    wait_until(lambda: copy.outcome() is not None, "the copy ended")
    assert "No space left" in str(copy.outcome())
    beside.submit(BATCHES[0])
    assert len(list(beside.finished(wait=True))) == 1


def test_a_snapshot_under_way_can_be_ended(beside: Beside) -> None:
    """One that hangs is ended on request, and says by what."""
    copy = beside.subject(lambda: AROUND).aside(slow)
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
    sound = beside.subject(lambda: AROUND).aside(done)
    wait_until(lambda: sound.outcome() is not None, "the copies ended")
    assert sound.outcome() == ""


def test_a_snapshot_that_cannot_begin_leaves_no_process(beside: Beside) -> None:
    """Where the engine is gone, so is the copy that was to tell what is around it."""
    before = children()
    os.kill(beside.pid, signal.SIGKILL)
    wait_until(lambda: not lives(beside.pid), "the engine's process ended")
    with pytest.raises(EngineGoneError):
        beside.subject(lambda: AROUND).aside(done)
    assert children() == before


def test_an_engine_that_waits_for_a_file_in_vain_is_given_up(beside: Beside) -> None:
    """Where the file cannot be handed over that was announced, nothing that is said after it would be understood."""
    no_file = -1
    with pytest.raises(EngineGoneError, match="Bad file descriptor"):
        beside.begin_writing(done, no_file)


def test_a_question_that_fails_is_the_fault_of_whoever_asked(beside: Beside) -> None:
    """As with an engine in this process, it is raised where it was asked, with its place, and the engine goes on."""
    nonsense: Any = None
    with pytest.raises(RuntimeError, match=r"(?s)in may_hear.*AttributeError"):
        beside.may_hear(nonsense)
    beside.submit(BATCHES[0])
    assert len(list(beside.finished(wait=True))) == 1


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
