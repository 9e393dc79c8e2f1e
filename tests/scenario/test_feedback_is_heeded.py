"""What becomes of the alerts after one that people judged: fewer like it, none the less of those far beyond it."""

import pytest

from detector.domain import AlertEvent, Feedback, FeedbackKind, Height, Transition
from detector.engine import Engine
from tests.fleet import engine, events, noise, readings

AT, AGAIN, JUDGED = 500, 900, 520
"""Readings at which the channel jumps, jumps again, and between which the first jump is judged."""


def told(first: float, second: float, *said: FeedbackKind) -> tuple[AlertEvent, list[AlertEvent]]:
    """Return the alert of a jump of some deviations, and those that were opened after something was said of it."""
    values = noise(3, 950)
    for begin, size in ((AT, first), (AGAIN, second)):
        values[begin : begin + 6] = [value + 0.5 * size for value in values[begin : begin + 6]]
    stream = readings("pump-1", values, cadence_s=300.0)
    subject = engine(sensors=[{"name": "fleet", "group": "none"}])
    *_, last = events(subject, stream[:JUDGED])
    assert last.event is Transition.CLOSED
    _say(subject, last, said)
    return last, [event for event in events(subject, stream[JUDGED:]) if event.event is Transition.OPENED]


def _say(subject: Engine, event: AlertEvent, said: tuple[FeedbackKind, ...]) -> None:
    """Say something of an alert."""
    for kind in said:
        subject.hear(Feedback(event.id, kind, event.device, event.channel, event.onset, event.heights))


def test_what_was_called_false_is_not_told_again() -> None:
    """A jump as strange as the one before is told, unless that one was a false alarm."""
    first, again = told(3.0, 5.0)
    assert first.heights[0].source == "own"
    assert len(again) == 1
    assert told(3.0, 5.0, FeedbackKind.FALSE)[1] == []


@pytest.mark.parametrize("size", [8.0, 12.0, 20.0])
def test_what_is_far_stranger_is_told_all_the_same(size: float) -> None:
    """A jump well beyond the one that was false is told, and how strong it was is held against the threshold as it was learnt."""
    plain, raised = (told(3.0, size, *said)[1] for said in ((), (FeedbackKind.FALSE,)))
    assert [event.at for event in raised] == [event.at for event in plain]
    for held_back, as_ever in zip(raised, plain, strict=True):
        assert [one.source for one in held_back.heights] == [one.source for one in as_ever.heights]
        strengths = [one.strength for one in as_ever.heights]
        # what was raised and divided again may differ in its last bit
        assert [one.strength for one in held_back.heights] == pytest.approx(strengths, rel=1e-14)
    assert raised[0].score is not None
    assert plain[0].score is not None
    assert raised[0].score < plain[0].score


def test_what_was_right_makes_the_next_one_likelier() -> None:
    """After an alert that people confirmed, a jump scores higher than after one of which nobody said anything."""
    plain, confirmed = (told(3.0, 5.0, *said)[1][0].score for said in ((), (FeedbackKind.CONFIRMED,)))
    assert plain is not None
    assert confirmed is not None
    assert confirmed > plain


@pytest.mark.parametrize("kind", [FeedbackKind.FALSE, FeedbackKind.CONFIRMED])
def test_what_was_taken_back_makes_no_difference(kind: FeedbackKind) -> None:
    """With feedback and its undoing the next alert is the same in every number."""
    assert told(3.0, 8.0, kind, FeedbackKind.UNDONE) == told(3.0, 8.0)


def test_the_last_word_counts() -> None:
    """First called false and then confirmed, an alert holds nothing back."""
    assert told(3.0, 5.0, FeedbackKind.FALSE, FeedbackKind.CONFIRMED) == told(3.0, 5.0, FeedbackKind.CONFIRMED)


def test_no_feedback_moves_a_limit() -> None:
    """A value out of its range is told however often that was called a false alarm."""
    subject = engine(sensors=[{"name": "fleet", "channels": {"temperature": {"range": [0, 30]}}}])
    stream = readings("pump-1", [20.0] * 5 + [99.0] + [20.0] * 10 + [99.0])
    opened = [event for event in events(subject, stream[:-1]) if event.event is Transition.OPENED]
    assert [(event.kind.value, event.heights) for event in opened] == [("range", ())]
    assert subject.may_hear(Feedback(opened[0].id, FeedbackKind.FALSE, "pump-1", "temperature", opened[0].at, ()))
    _say(subject, opened[0], (FeedbackKind.FALSE,) * 9)
    assert [event.kind.value for event in events(subject, stream[-1:])] == ["range"]


def test_a_stuck_channel_called_false_needs_longer_to_be_told() -> None:
    """A rule has a height as well, and waits longer after a false alarm; how long it lasted in the end is known all the same."""
    stream = readings("pump-1", noise(5, 300) + [20.25] * 40 + noise(6, 20), cadence_s=60.0)
    plain, judged = (engine(sensors=[{"name": "fleet", "group": "none"}]) for _ in range(2))
    for subject in (plain, judged):
        assert events(subject, stream[:290]) == []
    height = Height("stuck", 1.5)
    judged.hear(Feedback("00ff", FeedbackKind.FALSE, "pump-1", "temperature", stream[200].at, (height,)))
    first, later = (events(subject, stream[290:]) for subject in (plain, judged))
    assert [event.kind.value for event in (first[0], later[0])] == ["stuck", "stuck"]
    assert later[0].at > first[0].at
    assert later[-1].heights == first[-1].heights
    assert later[-1].heights[0].strength > 5.0
