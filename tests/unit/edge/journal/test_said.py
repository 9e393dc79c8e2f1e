"""Feedback in the journal: an arrival in its place, and what is known of an alert."""

from dataclasses import replace
from pathlib import Path

from detector.clock import WallTime
from detector.domain import AlertEvent, EventTime, Feedback, FeedbackKind, Height, Reading, Transition
from detector.edge.journal import Again, Which, read_ends, read_journal
from detector.report import Batch
from detector.settings import JournalSettings, SensorSettings
from detector.stream.batch import Batcher
from tests.unit.edge.journal.bench import START_S, Bench
from tests.unit.edge.readings import event

HEIGHTS = (Height("peers", 1.3), Height("own", 1.05))
READINGS = [Reading("p1", "flow", EventTime(int(START_S) * 10**6 + step), float(step), 1) for step in range(4)]


def alert(number: int) -> AlertEvent:
    """Return an alert that was opened."""
    return replace(event(Transition.OPENED, 0.0), id=f"a{number}")


def feedback(of: str, kind: FeedbackKind = FeedbackKind.FALSE) -> Feedback:
    """Return feedback on an alert."""
    return Feedback(of, kind, "p1", "flow", EventTime(5), HEIGHTS)


def test_it_has_a_number_of_its_own_and_comes_back_in_its_place(tmp_path: Path) -> None:
    """Between readings and ticks, in order of arrival, and nothing of it is lost; the recording of a journal has none of it."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(READINGS[:2])
        journal.append_feedback(feedback("a1"), "http")
        journal.append(READINGS[2:])
        journal.append_ticks([EventTime(9)])
        journal.append_feedback(feedback("a1", FeedbackKind.UNDONE), "mqtt")
        journal.commit()
        assert journal.seq == 7
    found = bench.on_disk()
    assert [one.seq for one in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [one.feedback for one in found if one.feedback is not None] == [
        feedback("a1"),
        feedback("a1", FeedbackKind.UNDONE),
    ]
    assert read_ends(bench.path) == (1, 7)
    assert len(list(read_journal(bench.path, [SensorSettings(name="meters")]))) == 4


def test_its_number_is_not_given_again(tmp_path: Path) -> None:
    """Feedback that was the last to arrive counts at the next start."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(READINGS)
        journal.append_feedback(feedback("a1"), "http")
    with bench.journal() as journal:
        assert journal.seq == 5


def test_batches_are_cut_where_it_stands(tmp_path: Path) -> None:
    """Readings before it are stepped before it is heard, and those after it after."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(READINGS[:1])
        journal.append_feedback(feedback("a1"), "http")
        journal.append_feedback(feedback("a2"), "http")
        journal.append(READINGS[1:2])
    again = Again([SensorSettings(name="meters")]).batches(bench.on_disk(), Batcher(100))
    assert [len(one.readings) if isinstance(one, Batch) else one.alert for one in again] == [1, "a1", "a2", 1]


def test_an_alert_is_one_case_with_what_was_said_of_it_last(tmp_path: Path) -> None:
    """However often it was told: its last event, when it was opened, and the last word, unless that was taken back."""
    opened = replace(alert(1), heights=HEIGHTS[:1])
    closed = replace(opened, event=Transition.CLOSED, at=EventTime(opened.at + 9), heights=HEIGHTS)
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append_alerts([opened])
        journal.commit()
        bench.clock.passed_s = 10.0
        journal.append_alerts([closed, alert(2)])
        journal.append_feedback(feedback(opened.id), "http")
        journal.append_feedback(feedback(opened.id, FeedbackKind.CONFIRMED), "http")
        journal.append_feedback(feedback(alert(2).id), "http")
        journal.append_feedback(feedback(alert(2).id, FeedbackKind.UNDONE), "http")
        journal.commit()
        second, first = journal.kept.cases(Which(WallTime(START_S), 10))
        assert (first.last, first.opened, first.since, first.said) == (
            closed,
            opened.at,
            START_S,
            FeedbackKind.CONFIRMED,
        )
        assert (second.last, second.said) == (alert(2), None)
        assert journal.kept.case(opened.id) == first
        assert journal.kept.case("nobody") is None
        assert [one.last.id for one in journal.kept.cases(Which(WallTime(START_S), 1))] == [alert(2).id]
        assert journal.kept.cases(Which(WallTime(START_S + 11.0), 10)) == []


def test_an_alert_was_opened_when_it_was_opened(tmp_path: Path) -> None:
    """Also where only later events of it are looked at."""
    opened = alert(1)
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append_alerts([opened])
        journal.commit()
        bench.clock.passed_s = 10.0
        journal.append_alerts([replace(opened, event=Transition.CLOSED, at=EventTime(opened.at + 9))])
        journal.commit()
        (seen,) = journal.kept.cases(Which(WallTime(START_S + 5.0), 10))
        assert (seen.opened, seen.since) == (opened.at, START_S)
        assert journal.kept.case(opened.id) == seen


def test_alerts_are_chosen_before_they_are_counted(tmp_path: Path) -> None:
    """The newest of one channel, of a device as a whole, of those that are open or of certain ids, however many others came after."""
    whole, closed = replace(alert(2), channel=None), replace(alert(3), event=Transition.CLOSED)
    others = [replace(alert(number), device="p2") for number in range(10, 15)]
    with Bench(tmp_path).journal() as journal:
        journal.append_alerts([alert(1), whole, replace(closed, event=Transition.OPENED), *others])
        journal.append_alerts([closed, *(replace(other, event=Transition.CLOSED) for other in others)])
        journal.commit()

        def found(which: Which) -> list[str]:
            return [case.last.id for case in journal.kept.cases(which)]

        since = WallTime(START_S)
        assert found(Which(since, 2, (whole.device, None))) == ["a2"]
        assert found(Which(since, 2, (closed.device, closed.channel))) == ["a3", "a1"]
        assert found(Which(since, 1, (closed.device, closed.channel))) == ["a3"]
        assert found(Which(since, 2, only_open=True)) == ["a2", "a1"]
        assert found(Which(since, 2, (closed.device, closed.channel), only_open=True)) == ["a1"]
        assert found(Which(since, 9, ids=("a3", "nobody", "a1"))) == ["a3", "a1"]
        assert found(Which(since, 9, ids=("a3", "a1"), only_open=True)) == ["a1"]
        assert found(Which(since, 9, ids=())) == []


def test_what_was_said_is_kept_as_long_as_alerts(tmp_path: Path) -> None:
    """Beyond their age it is let go of, once no arrival that is still there needs it."""
    bench = Bench(tmp_path, JournalSettings(keep=60.0, keep_alerts=3600.0))
    with bench.journal() as journal:
        journal.append_alerts([alert(1)])
        journal.append_feedback(feedback(alert(1).id), "http")
        journal.commit()
        journal.append_alerts([replace(alert(1), event=Transition.CLOSED)])
        said = []
        for minutes in range(0, 70, 5):
            bench.clock.passed_s = 60.0 * minutes
            journal.append(READINGS)
            journal.commit()
            if minutes == 55:
                journal.append_alerts([replace(alert(1), event=Transition.UPDATED)])
            case = journal.kept.case(alert(1).id)
            said.append(None if case is None else case.said)
    assert said[0] is FeedbackKind.FALSE
    assert said[-1] is None
