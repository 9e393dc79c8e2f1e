"""What the scoring loop leaves of what came in: in the journal, in the counts, and nothing on its way when it stops."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread

import pytest
from paho.mqtt.enums import CallbackAPIVersion

from detector.clock import Clock, MonoTime
from detector.daemon.herald import Herald
from detector.daemon.tempo import Tempo
from detector.daemon.worker import Worker
from detector.domain import MICROSECONDS, AlertEvent, DropReason, EventTime, Transition
from detector.edge.forked import CAN_FORK
from detector.edge.inbox import Inbox
from detector.edge.journal import Journal, Owed
from detector.edge.mqtt.connection import Connection
from detector.edge.mqtt.packets import Publications, Publish
from detector.edge.mqtt.quick_client import QuickClient
from detector.edge.parcel import Message, Parcel
from detector.edge.sinks import Answer, Sinks
from detector.edge.stepping import Beside, EngineGoneError, Here
from detector.notices import Desk, Directory
from detector.settings import AlertSettings, InboxSettings
from detector.settings.mqtt import Overflow
from detector.stream.batch import Batcher
from detector.stream.stream_clock import TICK
from tests.fleet import engine, readings
from tests.parcels import parcel_of
from tests.system.patience import wait_until
from tests.unit.daemon.plant import START_S, Plant
from tests.unit.edge.readings import event


def test_the_journal_has_readings_and_idle_ticks_as_the_engine_had_them(tmp_path: Path) -> None:
    """While nothing comes over a link that is up, the ticks at which silence was judged follow the reading in the journal."""
    with Plant().worker(tmp_path) as worker:
        worker.ledger.arrived()
        arrived = EventTime(START_S * MICROSECONDS)
        worker.inbox.put(parcel_of([Message("meters/m1/power", b"5", arrived, 1, False, False, 1, 1)]))
        worker.inbox.close()
        worker.link.subscribed.set()
        while worker.journal.committed < 3:
            worker.turn()
        reading, first, second = list(worker.journal.read(0))[:3]
    assert (reading.device, reading.at, reading.value) == ("m1", arrived, 5.0)
    assert [(tick.device, tick.at - arrived) for tick in (first, second)] == [(None, TICK), (None, 2 * TICK)]


def test_alerts_leave_before_the_disk_has_them_and_the_broker_may_forget_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk hangs, events are offered, and no message is acknowledged; once it answers, the loop is woken and acknowledges."""
    released, hangs, answers = list[Parcel](), Event(), Event()

    def slow(log: int) -> None:
        """Be a disk that answers when told to."""
        hangs.set()
        answers.wait()
        os.fsync(log)

    with Plant().worker(tmp_path) as worker:
        worker.journal.disk.on_flushed = worker.inbox.nudge
        monkeypatch.setattr(os, "fdatasync", slow)
        monkeypatch.setattr(worker.link, "acknowledge", released.extend)
        worker.ledger.arrived()
        parcel = parcel_of([Message("meters/m1/power", b"5", EventTime(START_S * MICROSECONDS), 1, False, False, 1, 1)])
        worker.inbox.put(parcel)
        while not hangs.is_set():
            worker.turn()
        worker.turn()
        assert (worker.journal.committed, worker.journal.settled, released) == (1, False, [])
        answers.set()
        while not released:
            worker.turn()
        assert (worker.journal.settled, released) == (True, [parcel])


class Asked(Inbox):
    """An inbox that notes how long others let messages gather, and how many they want of it; it does not wait."""

    def __init__(self) -> None:
        """Hold nothing."""
        super().__init__(InboxSettings())
        self.asked = list[tuple[float, int]]()
        self._rest_s = 0.0

    def gather(self, enough: int, timeout_s: float) -> None:
        """Note the time."""
        self._rest_s = timeout_s

    def take(self, limit: int, timeout_s: float) -> list[Parcel]:
        """Note how many are wanted, and return one."""
        self.asked.append((self._rest_s, limit))
        return super().take(1, timeout_s)


class Strict(Tempo):
    """A tempo that wants the same of every turn, and notes how long those took that scored something."""

    def __init__(self) -> None:
        """Want little."""
        super().__init__()
        self.most, self.took = 7, list[float]()

    def rest_s(self, now: MonoTime) -> float:
        """Want a short rest."""
        return 0.004

    def scored(self, began: MonoTime, now: MonoTime) -> None:
        """Note how long it took."""
        self.took.append(now - began)


def test_the_loop_goes_at_its_tempo(tmp_path: Path) -> None:
    """Every turn rests, and takes messages, as its tempo says; of those that scored something the tempo hears how long they took."""
    inbox = Asked()
    with Plant().worker(tmp_path, inbox) as worker:
        tempo = worker.tempo = Strict()
        for number in range(2):
            worker.ledger.arrived()
            arrived = EventTime((START_S + number) * MICROSECONDS)
            inbox.put(parcel_of([Message("meters/m1/power", b"5", arrived, 0, False, False, 0, 1)]))
        for _ in range(5):
            worker.turn()
    assert inbox.asked == [(0.004, 7)] * 5
    assert len(tempo.took) == 2
    assert all(took > 0.0 for took in tempo.took)


class Watched(Inbox):
    """An inbox that says when somebody found nothing in it."""

    def __init__(self) -> None:
        """Hold at most two messages; others wait."""
        super().__init__(InboxSettings(max_messages=2, overflow=Overflow.WAIT))
        self.found_empty = Event()

    def take(self, limit: int, timeout_s: float) -> list[Parcel]:
        """Return what waits."""
        taken = super().take(limit, timeout_s)
        if not taken:
            self.found_empty.set()
        return taken


def test_a_stop_scores_what_was_received_and_found_no_room_yet(tmp_path: Path) -> None:
    """Whatever one read of the network brought is scored, though most of it waits in front of an inbox that is small."""
    inbox = Watched()
    with Plant().worker(tmp_path, inbox) as worker:
        receiver = worker.link._receiver
        connection = Connection(QuickClient(CallbackAPIVersion.VERSION2, "us"), 1, receiver.receive)
        read = Publications([Publish("meters/m1/power", b"5", 0, False, False, 0)] * 9)
        receiver.receive(connection, read)
        worker.link.stop_receiving()
        receiver.receive(connection, read)

        def go_on_late() -> None:
            """Be the network thread, and slow."""
            inbox.found_empty.wait()
            while receiver.waits:
                receiver.go_on(connection)

        network = Thread(target=go_on_late)
        network.start()
        worker.drain(MonoTime(1e9))
        network.join()
        counts = worker.ledger.snapshot()
    assert (counts.messages, counts.scored, counts.pending) == (9, 9, 0)


def go_on(worker: Worker) -> None:
    """Take turns for as long as there is an engine."""
    while True:
        worker.turn()


class Raced(Inbox):
    """An inbox into which the network thread puts more right after somebody has seen that it was empty."""

    def __init__(self) -> None:
        """Hold at most two messages; others wait."""
        super().__init__(InboxSettings(max_messages=2, overflow=Overflow.WAIT))
        self.go_on: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        """Return how many messages wait."""
        count = super().__len__()
        if count == 0:
            self.go_on()
        return count


def test_a_stop_misses_nothing_that_moves_while_it_looks(tmp_path: Path) -> None:
    """What was on its way when the stop looked at the inbox, and in it when it looked at what is on its way, is scored."""
    inbox = Raced()
    with Plant().worker(tmp_path, inbox) as worker:
        receiver = worker.link._receiver
        connection = Connection(QuickClient(CallbackAPIVersion.VERSION2, "us"), 1, receiver.receive)
        receiver.receive(connection, Publications([Publish("meters/m1/power", b"5", 0, False, False, 0)] * 4))
        worker.link.stop_receiving()
        worker.turn()
        assert receiver.waits == 2
        inbox.go_on = lambda: receiver.go_on(connection)
        worker.drain(MonoTime(1e9))
        counts = worker.ledger.snapshot()
    assert (counts.messages, counts.scored, counts.pending) == (4, 4, 0)


class Witness(Herald):
    """What brings alerts to the desk, and a sink for machines: both say what they are given, and what of it is on the disk."""

    name = "mqtt"

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """See nothing yet."""
        super().__init__(Desk(AlertSettings(), Directory(100)), journal, clock)
        self.seen: list[tuple[str, int]] = []
        self._disk = journal

    def offer(self, _event: AlertEvent) -> None:
        """Be a machine that is told."""
        self.seen.append(("machine", len(self._disk.kept.recent_alerts(10))))

    def answers(self) -> list[Answer]:
        """Say nothing."""
        return []

    def hear(self, found: Sequence[Owed[AlertEvent]] = ()) -> bool:
        """Tell the desk."""
        self.seen += [("desk", len(self._disk.kept.recent_alerts(10)))] * len(found)
        return super().hear(found)


def test_machines_are_told_before_it_is_decided_what_people_are_told(tmp_path: Path) -> None:
    """An alert leaves for machines once it is on the disk; what the desk makes of it comes after that."""
    plant = Plant()
    with plant.worker(tmp_path) as worker:
        witness = worker.herald = Witness(worker.journal, plant)
        worker.courier.turn_to(Sinks((witness,)), 1e9)
        worker.journal.append_alerts([event(Transition.OPENED, 1)])
        worker.turn()
    assert witness.seen == [("machine", 1), ("desk", 1)]


class Pupil(Here):
    """An engine that says how many commits there were when it was told to learn."""

    def __init__(self, journal: Journal) -> None:
        """Know nothing yet."""
        super().__init__(engine())
        self.commits = list[int]()
        self._kept = journal

    def learn(self) -> None:
        """Note whether something was left, and learn it."""
        if self._unlearnt is not None:
            self.commits.append(self._kept.disk.commits)
        super().learn()


def test_alerts_leave_before_what_led_to_them_is_learnt(tmp_path: Path) -> None:
    """A turn commits, and lets alerts out, before the engine learns from its readings; it learns within the turn."""
    with Plant().worker(tmp_path) as worker:
        pupil = worker.stepper = Pupil(worker.journal)
        worker.ledger.arrived()
        arrived = EventTime(START_S * MICROSECONDS)
        worker.inbox.put(parcel_of([Message("meters/m1/power", b"5", arrived, 1, False, False, 1, 1)]))
        worker.journal.append_alerts([event(Transition.OPENED, 1)])
        worker.turn()
        assert pupil.commits == [1]


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")
def test_with_the_link_down_an_engine_beside_is_heard(tmp_path: Path) -> None:
    """Though nothing comes, the census that was asked for is taken in, and an engine that has ended is missed."""
    with Plant().worker(tmp_path) as worker:
        stepper = worker.stepper = Beside(worker.engine, 100)
        before = worker.view.census
        worker.ledger.arrived()
        stepper.submit(next(Batcher(100).cut(readings("m1", [5.0]))))

        def turned() -> int:
            worker.turn()
            return worker.view.census.devices

        wait_until(turned, "the census came")
        assert before.devices == 0
        os.kill(stepper.pid, signal.SIGKILL)
        with pytest.raises(EngineGoneError):
            go_on(worker)
        stepper.close()


def test_what_is_still_on_its_way_at_the_deadline_is_given_up_and_counted(tmp_path: Path) -> None:
    """A stop that comes to its deadline leaves nothing pending: whoever puts a message into the closed inbox gives it up."""
    with Plant().worker(tmp_path, Watched()) as worker:
        receiver = worker.link._receiver
        connection = Connection(QuickClient(CallbackAPIVersion.VERSION2, "us"), 1, receiver.receive)
        receiver.receive(connection, Publications([Publish("meters/m1/power", b"5", 1, False, False, 7)] * 9))
        worker.drain(MonoTime(0.0))
        receiver.go_on(connection)
        counts = worker.ledger.snapshot()
    assert (counts.dropped[DropReason.SHUTDOWN], counts.pending, receiver.waits) == (9, 0, 0)
