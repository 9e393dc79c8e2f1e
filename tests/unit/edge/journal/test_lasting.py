"""What a sink was told of that still lasts: known again by another process, as far as the sink has had it."""

from dataclasses import replace
from pathlib import Path

from detector.clock import WallTime
from detector.domain import AlertEvent, Severity, Transition
from detector.edge.journal import Journal, Mark, Outcome
from tests.unit.edge.journal.bench import Bench
from tests.unit.edge.readings import event

OPENED, UPDATED, CLOSED = Transition.OPENED, Transition.UPDATED, Transition.CLOSED


def deliver(journal: Journal, *found: AlertEvent, sink: str = "am", outcome: Outcome = Outcome.DELIVERED) -> None:
    """Let events be found, and a sink have had them."""
    journal.sinks = ("am", "other")
    journal.append_alerts(found)
    journal.commit()
    for one in found:
        journal.mark(Mark(sink, one.key, outcome, WallTime(0.0)))
    journal.commit()


def test_what_a_sink_was_told_lasts_until_it_has_had_the_end(tmp_path: Path) -> None:
    """Every severity that was told comes back, until the end was told; another sink is told of nothing."""
    bench = Bench(tmp_path)
    opened, graver = event(OPENED, 0.0), replace(event(UPDATED, 5.0), severity=Severity.CRITICAL)
    end = replace(event(CLOSED, 9.0), severity=Severity.CRITICAL)
    other = event(OPENED, 1.0, device="pump-2")
    with bench.journal() as journal:
        deliver(journal, opened, other, graver)
    with bench.journal() as journal:
        assert journal.kept.lasting_alerts("am") == [opened, other, graver]
        assert journal.kept.lasting_alerts("other") == []
        journal.sinks = ("am", "other")
        journal.append_alerts([end])
        journal.commit()
        assert journal.kept.lasting_alerts("am") == [
            opened,
            other,
            graver,
        ]  # its end is still owed, and will end them all
        deliver(journal, end)
    with bench.journal() as journal:
        assert journal.kept.lasting_alerts("am") == [other]


def test_what_a_sink_never_had_does_not_last(tmp_path: Path) -> None:
    """An alert that is owed will be offered; one that was given up is nothing that could be said again."""
    with Bench(tmp_path).journal() as journal:
        journal.sinks = ("am",)
        journal.append_alerts([event(OPENED, 0.0)])
        journal.commit()
        assert journal.kept.lasting_alerts("am") == []
        deliver(journal, event(OPENED, 1.0, device="pump-2"), outcome=Outcome.GIVEN_UP)
        assert journal.kept.lasting_alerts("am") == []


def test_an_end_that_was_given_up_is_an_end(tmp_path: Path) -> None:
    """An alert whose end was never taken is not told for ever after: it ends by itself at the other side."""
    with Bench(tmp_path).journal() as journal:
        deliver(journal, event(OPENED, 0.0))
        deliver(journal, event(CLOSED, 1.0), outcome=Outcome.GIVEN_UP)
        assert journal.kept.lasting_alerts("am") == []
