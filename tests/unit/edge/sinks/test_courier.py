"""How events reach a sink: in order, a window at a time, again where refused, and once."""

from pathlib import Path

import pytest

from detector.edge.sinks import SinkCount, Sinks
from detector.edge.sinks.delivery import FIRST_PAUSE_S, LONGEST_PAUSE_S, WINDOW
from tests.unit.edge.sinks.office import FIRST_OF_ONE, WEEK_S, Desk, Office


def test_events_are_offered_once_and_in_order(tmp_path: Path) -> None:
    """What was offered is not offered again while the sink has it, nor once it arrived."""
    office = Office(tmp_path)
    with office.open() as desk:
        office.find(1, 2)
        office.find(3)
        office.turn()
        desk.confirm(1, 2, 3)
        office.turn()
        office.turn()
        assert desk.offered == [1, 2, 3]
        assert office.courier.counts() == {"mqtt": SinkCount(told=3, failed=0, pending=0)}


def test_what_a_process_left_undelivered_the_next_one_delivers_first(tmp_path: Path) -> None:
    """After a restart the events without an answer come first, in order, and those that arrived do not come again."""
    office = Office(tmp_path)
    with office.open() as desk:
        office.find(1, 2, 3)
        desk.confirm(2)
        office.turn()
    with office.open() as desk:
        office.find(4)
        assert desk.offered == [1, 3, 4]


def test_a_sink_that_hangs_has_no_more_than_its_window(tmp_path: Path) -> None:
    """Events beyond the window wait on disk; they follow, in order, as far as there is room."""
    office = Office(tmp_path)
    with office.open() as desk:
        for one in range(WINDOW + 50):
            office.find(one)
        assert desk.offered == list(range(WINDOW))
        desk.confirm(*range(10))
        office.turn()
        assert desk.offered == list(range(WINDOW + 10))


def test_a_refused_event_comes_again_and_holds_up_no_other(tmp_path: Path) -> None:
    """After growing pauses it is offered anew; those behind it are not held up."""
    office = Office(tmp_path)
    with office.open() as desk:
        office.find(1, 2)
        desk.refuse(1)
        office.turn(0.1)
        office.find(3)
        assert desk.offered == [1, 2, 3]
        office.turn(FIRST_PAUSE_S)
        assert desk.offered == [1, 2, 3, 1]
        desk.refuse(1)
        office.turn(0.0)
        office.turn(FIRST_PAUSE_S)
        assert len(desk.offered) == 4
        office.turn(FIRST_PAUSE_S)
        assert desk.offered[4:] == [1]


def test_an_event_that_can_never_be_taken_is_given_up_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After one refusal for good it is counted, named in the log, and not offered after a restart either."""
    office = Office(tmp_path)
    with office.open() as desk:
        office.find(1)
        desk.refuse(1, hopeless=True)
        office.turn()
        office.turn(600.0)
        assert desk.offered == [1]
        assert office.courier.counts() == {"mqtt": SinkCount(told=1, failed=1, pending=0)}
        assert "given up: not today: event 1" in caplog.text
    with office.open() as desk:
        office.turn()
        assert desk.offered == []


def test_a_sink_that_refuses_for_long_is_tried_every_minute(tmp_path: Path) -> None:
    """Refusals alone give nothing up: a day of them is a try a minute, and then the event arrives."""
    office = Office(tmp_path)
    with office.open() as desk:
        office.find(1)
        minutes = 24 * 60
        for _ in range(minutes):
            desk.refuse(1)
            office.turn(0.0)
            office.turn(LONGEST_PAUSE_S)
        assert minutes <= len(desk.offered) <= minutes + 10
        desk.confirm(1)
        office.turn()
        assert office.courier.counts() == {"mqtt": SinkCount(told=1, failed=0, pending=0)}


def test_what_nobody_waits_for_any_more_is_given_up_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An event that could not be delivered for `give_up_after` is given up, under way or after a restart."""
    office = Office(tmp_path)
    with office.open():
        office.find(1)
        office.turn(WEEK_S + 1.0)
        assert office.courier.counts()["mqtt"].failed == 1
        office.find(2)
    office.bench.clock.passed_s += WEEK_S + 1.0
    with office.open() as desk:
        office.turn()
        assert (desk.offered, office.courier.counts()["mqtt"].failed) == ([], 1)
    assert "event 1" in caplog.text
    assert "event 2" in caplog.text


def test_a_new_sink_of_the_same_name_gets_what_the_old_one_did_not_deliver(tmp_path: Path) -> None:
    """After a reload, what was confirmed by the old broker stays confirmed, and the rest goes to the new one, in order."""
    office = Office(tmp_path)
    with office.open() as old:
        office.find(1, 2, 3)
        old.confirm(2)
        new = Desk()
        office.courier.turn_to(Sinks(events=(new,)), WEEK_S)
        office.find(4)
        assert new.offered == [1, 3, 4]
        office.courier.turn_to(Sinks(events=(new,)), WEEK_S)
        assert new.offered == [1, 3, 4]


def test_a_sink_that_returns_gets_what_is_owed_to_it(tmp_path: Path) -> None:
    """Taken out of the configuration and put back, a sink has lost what was found meanwhile, and nothing else."""
    office = Office(tmp_path)
    with office.open():
        office.find(1)
        office.courier.turn_to(Sinks(), WEEK_S)
        office.find(2)
        office.courier.turn_to(Sinks(events=(desk := Desk(),)), WEEK_S)
        office.find(3)
        assert desk.offered == [1, 3]


def test_events_are_pending_until_their_sink_has_answered(tmp_path: Path) -> None:
    """Whoever waits for messages waits shortly as long as an answer may come: its mark is to be written soon."""
    office, pending = Office(tmp_path), list[bool]()
    with office.open() as desk:
        pending.append(office.courier.pending)
        office.find(1)
        pending.append(office.courier.pending)
        desk.confirm(1)
        office.turn()
        pending.append(office.courier.pending)
    assert pending == [False, True, False]


def test_events_of_one_alert_never_overtake_each_other(tmp_path: Path) -> None:
    """While one is out or was refused those behind it wait, whatever becomes of other alerts; given up, it holds up nothing more."""
    opened, updated, closed, other = FIRST_OF_ONE, FIRST_OF_ONE + 1, FIRST_OF_ONE + 2, FIRST_OF_ONE + 100
    office = Office(tmp_path)
    with office.open() as desk:
        office.find(opened, updated, other)
        assert desk.offered == [opened, other]
        desk.refuse(opened)
        office.turn(0.1)
        office.find(closed)
        office.turn(0.1)
        assert desk.offered == [opened, other]
        office.turn(FIRST_PAUSE_S)
        assert desk.offered == [opened, other, opened]
        desk.confirm(opened, other)
        office.turn(0.0)
        assert desk.offered[3:] == [updated]
        desk.refuse(updated, hopeless=True)
        office.turn(0.0)
        assert desk.offered[4:] == [closed]
