"""Open episodes, and how many were opened."""

from dataclasses import replace

from detector.domain import Severity, Transition, Verdict
from detector.edge.alert_book import RECENT_EVENTS, AlertBook
from tests.unit.edge.readings import event


def test_an_episode_is_open_from_opened_to_closed() -> None:
    """An episode is open, with its last event, until it closes; it is counted once."""
    book = AlertBook()
    book.write([event(Transition.OPENED), event(Transition.UPDATED, 5)])
    assert [episode.event for episode in book.open] == [Transition.UPDATED]
    book.write([event(Transition.CLOSED, 9)])
    assert not book.open
    assert book.opened == {(Verdict.PROCESS, Severity.WARNING): 1}


def test_the_gravest_episode_gives_the_verdict() -> None:
    """Of several open episodes of a channel and its device the gravest gives the channel's verdict."""
    book = AlertBook()
    grave = replace(event(Transition.OPENED, channel=None, verdict=Verdict.TRANSPORT), severity=Severity.CRITICAL)
    book.write([grave, event(Transition.OPENED)])
    assert book.verdict_of("pump-1", "temperature") is Verdict.TRANSPORT
    assert book.verdict_of("pump-1", "vibration") is Verdict.TRANSPORT
    assert book.verdict_of("pump-2", "temperature") is None


def test_closing_what_was_never_opened_is_harmless() -> None:
    """After a restart an episode may close that was opened before it."""
    book = AlertBook()
    book.write([event(Transition.CLOSED)])
    assert (book.open, len(book.recent)) == ((), 1)


def test_only_the_last_events_are_kept() -> None:
    """However many events come, memory stays bounded."""
    book = AlertBook()
    book.write(event(Transition.UPDATED, step) for step in range(3 * RECENT_EVENTS))
    assert len(book.recent) == RECENT_EVENTS
    assert len(book.open) == 1


def test_what_is_found_again_is_not_shown_twice() -> None:
    """An event of before the start that is found anew opens its episode, and stands once among the last events."""
    book = AlertBook()
    book.recall([event(Transition.OPENED)])
    assert (book.open, book.opened) == ((), {})
    book.write([event(Transition.OPENED)])
    assert (len(book.open), len(book.recent), book.opened.total()) == (1, 1, 1)
