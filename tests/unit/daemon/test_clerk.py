"""What people ask about alerts, and what they are told: commands on a real worker, journal and engine."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from detector.anomaly.feedback import PER_CHANNEL
from detector.daemon.clerk import DISK_FAILS, LISTED, Clerk
from detector.daemon.worker import Worker
from detector.domain import AlertEvent, Feedback, FeedbackKind, Transition
from detector.edge.command import Act, Command, Reply
from detector.edge.forked import CAN_FORK
from detector.edge.journal.database import NAME
from detector.edge.stepping import Beside, EngineGoneError, Here
from detector.report import Report
from detector.state.frozen import Frozen
from tests.fleet import engine, noise, readings, reports
from tests.laws.remembering import copied, everything
from tests.unit.daemon.plant import START_S, Plant

SENSORS = [{"name": "fleet", "group": "none", "channels": {"flow": {"range": [0, 30]}, "temperature": {}}}]


@dataclass
class Office:
    """A clerk and its worker, after two jumps of a pump's temperature and a flow out of its range."""

    clerk: Clerk
    worker: Worker

    def alerts(self, channel: str = "temperature") -> list[AlertEvent]:
        """Return the last event of each alert of a channel, the last one first."""
        return [case.last for case in self.clerk.cases() if case.last.channel == channel]

    def acknowledged(self, alert: str) -> str | None:
        """Return by what way an alert was acknowledged."""
        (case,) = [case for case in self.clerk.cases() if case.last.id == alert]
        assert self.clerk.known(alert) == [case]
        return case.acknowledged

    def do(self, act: Act, alert: str, *, preview: bool = False) -> Reply:
        """Do one thing."""
        return self.clerk.do(Command(act, "http", alert, preview=preview))


@cache
def past() -> tuple[Frozen, list[Report]]:
    """Return what an engine remembers, and said, of three days of a pump that jumped twice, and is out of range at the end."""
    values = noise(3, 903)
    values[500:506], values[900:903] = [v + 1.5 for v in values[500:506]], [v + 3.0 for v in values[900:903]]
    stream = readings("pump/1", values, cadence_s=300.0) + readings("pump/1", [99.0], channel="flow", start_s=270_900.0)
    subject = engine(sensors=SENSORS)
    told = list(reports(subject, stream))
    return subject.freeze(), told


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """Open an office after those three days."""
    frozen, told = past()
    with Plant().worker(folder) as worker:
        worker.stepper = Here(engine(sensors=SENSORS))
        assert worker.engine.restore(copied(frozen)) == ()
        for report in told:
            worker._tell(report)
        worker.settle()
        yield Office(Clerk(worker, Plant()), worker)


def test_a_false_alarm_is_shown_before_it_is_done(tmp_path: Path) -> None:
    """A preview says what would have been and changes not one bit; done, it says the same, and is in the journal."""
    with office(tmp_path) as here:
        last, first = here.alerts()
        before, seq = everything(here.worker.engine), here.worker.journal.seq
        shown = here.do(Act.FALSE, first.id, preview=True)
        assert shown.ok
        assert "raises the threshold of pump/1 temperature for its own past to 1.54 times" in shown.text
        assert "would have removed 2 of the 2 alerts of pump/1 temperature in the last 30 days" in shown.text
        assert "and none that you confirmed" in shown.text
        assert (everything(here.worker.engine), here.worker.journal.seq) == (before, seq)
        assert here.do(Act.FALSE, first.id) == shown
        assert here.worker.journal.committed == seq + 1
        assert [one.alert for one in here.worker.engine.census().feedback] == [first.id]
        assert here.clerk.given == {FeedbackKind.FALSE: 1}
        assert last.event is not Transition.CLOSED


def test_what_people_confirmed_is_not_removed_unseen(tmp_path: Path) -> None:
    """A false alarm that would have removed a confirmed alert says so, loudly."""
    with office(tmp_path) as here:
        last, first = here.alerts()
        assert here.do(Act.CONFIRM, first.id).text.startswith(
            "Confirmed: this alert of pump/1 temperature no longer makes"
        )
        assert "1 that you CONFIRMED" in here.do(Act.FALSE, last.id, preview=True).text


def test_the_past_of_a_channel_is_not_lost_behind_others(tmp_path: Path) -> None:
    """However many alerts other devices had since, what a false alarm would have removed is all there."""
    with office(tmp_path) as here:
        last, first = here.alerts()
        here.do(Act.CONFIRM, first.id)
        others = [replace(last, id=f"{number:016x}", device="pump/2") for number in range(LISTED)]
        here.worker.journal.append_alerts(others)
        here.worker.settle()
        assert here.alerts() == others[::-1]
        shown = here.do(Act.FALSE, last.id, preview=True).text
        assert "would have removed 2 of the 2 alerts of pump/1 temperature" in shown
        assert "1 that you CONFIRMED" in shown


def test_what_is_open_is_listed_behind_any_number_that_is_over(tmp_path: Path) -> None:
    """Asked for alone, it is not crowded out by alerts that came and went since; asked for by its id neither."""
    with office(tmp_path) as here:
        still_open = here.clerk.still_open()
        assert {case.last.channel for case in still_open} == {"temperature", "flow"}
        over = replace(here.alerts()[0], event=Transition.CLOSED, device="pump/2")
        here.worker.journal.append_alerts([replace(over, id=f"{number:016x}") for number in range(LISTED)])
        here.worker.settle()
        assert here.clerk.still_open() == still_open
        assert here.clerk.known(still_open[0].last.id) == still_open[:1]
        assert here.clerk.known("fedcba9876543210") == []


def test_what_is_open_is_looked_up_at_once(tmp_path: Path) -> None:
    """However many are open, the journal is asked one question; and none of them is missing while its disk fails."""
    with office(tmp_path) as here:
        still_open, asked = here.clerk.still_open(), list[str]()
        store = here.worker.journal.disk.store
        assert store is not None
        store._db.set_trace_callback(asked.append)
        assert here.clerk.still_open() == still_open
        assert (len(still_open), len(asked)) == (2, 1)
        store.close()
        assert [case.last for case in here.clerk.still_open()] == [case.last for case in still_open]


def test_an_alert_of_which_nothing_is_known_any_more_is_not_open(tmp_path: Path) -> None:
    """Where its device was pruned its end was never told: it is listed as what it was, and not as what lasts."""
    with office(tmp_path) as here:
        orphan = replace(here.alerts()[0], id="00000000000000ff", device="pruned")
        here.worker.journal.append_alerts([orphan])
        here.worker.settle()
        (case,) = here.clerk.known(orphan.id)
        assert (case.last, case.is_open) == (orphan, False)
        assert case in here.clerk.cases()
        assert case not in here.clerk.still_open()
        assert [one.is_open for one in here.clerk.cases()] == [False, True, True, False]


def test_taken_back_it_leaves_the_engine_as_it_was(tmp_path: Path) -> None:
    """The engine is the same to the last bit, and the alert is listed as one of which nothing was said."""
    with office(tmp_path) as here:
        before, alert = everything(here.worker.engine), here.alerts()[0].id
        for act in (Act.FALSE, Act.CONFIRM):
            here.do(act, alert)
            assert everything(here.worker.engine) != before
            assert here.clerk.cases()[1].said is not None
            assert here.do(Act.UNDO, alert).text.startswith("Taken back")
            assert everything(here.worker.engine) == before
            assert {case.said for case in here.clerk.cases()} == {None}


def test_said_twice_it_is_done_once(tmp_path: Path) -> None:
    """Saying the same again changes nothing, nor does undoing what was never said."""
    with office(tmp_path) as here:
        alert = here.alerts()[0].id
        assert "nothing was said of this alert; nothing changes" in here.do(Act.UNDO, alert).text
        here.do(Act.FALSE, alert)
        seq = here.worker.journal.seq
        assert "called a false alarm already; nothing changes" in here.do(Act.FALSE, alert).text
        assert here.worker.journal.seq == seq


def test_what_no_threshold_decides_is_noted(tmp_path: Path) -> None:
    """A false alarm about a limit is kept, and said to change nothing."""
    with office(tmp_path) as here:
        (out_of_range,) = here.alerts("flow")
        reply = here.do(Act.FALSE, out_of_range.id)
        assert (reply.ok, reply.text) == (
            True,
            "Noted, and it changes no threshold: limits are what the configuration says (`range`).",
        )
        assert here.worker.engine.census().feedback == ()
        assert here.clerk.cases()[0].said is FeedbackKind.FALSE


def test_an_alert_that_is_not_known_is_said_to_be_so(tmp_path: Path) -> None:
    """With the id, and where to look."""
    with office(tmp_path) as here:
        reply = here.do(Act.FALSE, "00000000000000ff")
        assert (reply.ok, reply.known) == (False, False)
        assert reply.text.startswith("no alert 00000000000000ff is known")


def test_a_device_is_known_by_its_level_of_the_topic(tmp_path: Path) -> None:
    """Without an id a command is about the last alert of the device that is open; one of another device is refused."""
    with office(tmp_path) as here:
        (out_of_range,), (last, _) = here.alerts("flow"), here.alerts()
        assert out_of_range.at > last.at
        assert here.clerk.obey("pump_1", "feedback", b"false_alarm").alert == out_of_range.id
        other = here.clerk.obey("pump_2", "feedback", b"false_alarm")
        assert (other.ok, other.text) == (False, "no alert of pump_2 is known")
        alert = here.alerts()[1].id
        foreign = here.clerk.obey("pump_2", "feedback", f'{{"verdict": "false", "alert": "{alert}"}}'.encode())
        assert (foreign.ok, foreign.text) == (False, "expected an alert of pump_2, got one of pump/1")
        assert here.clerk.obey("pump_1", "feedback", b"hurray").text.startswith("feedback: expected a JSON object")


def test_where_nothing_is_open_a_command_is_about_what_was_last(tmp_path: Path) -> None:
    """A button that is pressed a moment late still means the alert that rang."""
    with office(tmp_path) as here:
        over = [replace(event, event=Transition.CLOSED) for event in (*here.alerts(), *here.alerts("flow"))]
        here.worker.view.show(replace(past()[1][-1], events=tuple(over)))
        assert here.worker.view.fleet().open == ()
        assert here.clerk.obey("pump_1", "feedback", b"false_alarm").alert == here.alerts("flow")[0].id


def test_an_alert_is_acknowledged_while_it_is_open(tmp_path: Path) -> None:
    """The list shows by what way; of one that is over there is nothing to acknowledge. It outlives the process."""
    with office(tmp_path) as here:
        last, first = here.alerts()
        assert here.do(Act.ACK, last.id).ok
        assert here.acknowledged(last.id) == "http"
        assert "this alert is over" in here.do(Act.ACK, first.id).text
    with Plant().worker(tmp_path) as worker:
        assert Office(Clerk(worker, Plant()), worker).acknowledged(last.id) == "http"


def test_who_has_judged_an_alert_is_not_reminded_of_it(tmp_path: Path) -> None:
    """False and confirmed acknowledge, and undo takes that back."""
    with office(tmp_path) as here:
        alert = here.alerts()[0].id
        by = []
        for act in (Act.FALSE, Act.CONFIRM, Act.UNDO):
            here.do(act, alert)
            by.append(here.acknowledged(alert))
        assert by == ["http", "http", None]


def test_a_device_is_maintained_for_a_while(tmp_path: Path) -> None:
    """By its own name, taken letter by letter, until the time has passed or it is said to be over; it outlives the process."""
    with office(tmp_path) as here:
        ended = here.clerk.obey("pump_1", "maintenance", b"off")
        assert (ended.ok, ended.text) == (False, "pump/1: was not under maintenance by command")
        assert here.clerk.obey("pump_1", "maintenance", b"2h").ok
        assert here.clerk.obey("a*[b]", "maintenance", b"1h").ok
        assert here.worker.herald.maintenance == {"pump/1": START_S + 7200.0, "a[*][[]b]": START_S + 3600.0}
        assert here.clerk.obey("pump_1", "maintenance", b"off").ok
    with Plant().worker(tmp_path) as worker:
        assert worker.herald.maintenance == {"a[*][[]b]": START_S + 3600.0}


def test_what_a_failing_disk_does_not_hold_is_said(tmp_path: Path) -> None:
    """Everything that is asked for is done, and whoever asked learns that a crash would undo it."""
    with office(tmp_path) as here, closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
        alert, still_open = here.alerts()[0].id, [case.last for case in here.clerk.still_open()]
        other.execute("BEGIN IMMEDIATE")
        replies = [
            here.do(Act.ACK, alert),
            here.clerk.obey("pump_1", "maintenance", b"2h"),
            here.do(Act.FALSE, alert),
        ]
        assert all(reply.ok and reply.text.endswith(DISK_FAILS) for reply in replies)
        assert [one.alert for one in here.worker.engine.census().feedback] == [alert]
        assert [case.last for case in here.clerk.still_open()] == still_open


def test_a_channel_has_room_for_so_many_answers(tmp_path: Path) -> None:
    """One too many is refused with what to do instead, and is not in the journal."""
    with office(tmp_path) as here:
        first = here.alerts()[1]
        for number in range(PER_CHANNEL):
            one = Feedback(f"{number:016x}", FeedbackKind.FALSE, first.device, first.channel, first.at, first.heights)
            here.worker.engine.hear(one)
        seq = here.worker.journal.seq
        reply = here.do(Act.FALSE, first.id)
        assert not reply.ok
        assert "8 alerts of this channel were answered" in reply.text
        assert here.worker.journal.seq == seq


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")
def test_a_command_hides_the_end_of_the_engine_from_nobody(tmp_path: Path) -> None:
    """Where the engine's process has ended, a command is answered by nothing but the end of the daemon."""
    with office(tmp_path) as here:
        stepper = here.worker.stepper = Beside(here.worker.engine, 100)
        os.kill(stepper.pid, signal.SIGKILL)
        with pytest.raises(EngineGoneError):
            here.clerk.obey("pump_1", "feedback", b"false_alarm")
        stepper.close()
