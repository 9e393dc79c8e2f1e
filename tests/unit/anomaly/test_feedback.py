"""Feedback: how far a false alarm raises thresholds, for how long, and how many count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.anomaly.feedback import IN_FORCE_US, MARGIN, MOST, PER_CHANNEL, Said
from detector.anomaly.heights import SOURCES
from detector.domain import EventTime, Feedback, FeedbackKind, Height
from detector.state.rows import Floats
from detector.state.slots import Slot
from tests.fleet import START
from tests.rows import rows

SPIKE = SOURCES.index("spike")
PAID = np.array([1.0, 0.0])
PERIOD_S = 604_800.0

answers = st.builds(
    Feedback,
    alert=st.integers(0, 2**64 - 1).map("{:016x}".format),
    kind=st.sampled_from(FeedbackKind),
    device=st.just("pump"),
    channel=st.just("flow"),
    opened=st.integers(START - IN_FORCE_US, START).map(EventTime),
    heights=st.lists(st.builds(Height, st.sampled_from(SOURCES), st.floats(0.0, 1e12)), max_size=4).map(tuple),
)


def feedback(alert: int, kind: FeedbackKind = FeedbackKind.FALSE, strength: float = 1.4) -> Feedback:
    """Return feedback on an alert that spikes opened."""
    return Feedback(f"{alert:016x}", kind, "pump", "flow", START, (Height("spike", strength),))


def said(*given: Feedback, now_us: int = START) -> Said:
    """Return what was said of the first channel, all at one moment of it."""
    subject = Said(2)
    for one in given:
        subject.give(one, Slot(0), now_us, PAID)
    return subject


def raised(subject: Said, after_us: int = 0, channel: int = 0) -> Floats:
    """Return the factors of a channel, so long after the start."""
    row = rows([0.0])
    row.slots[:], row.at_us[:] = channel, START + after_us
    factors: Floats = subject.raised(row)[0]
    return factors


def test_a_false_alarm_raises_its_own_threshold_above_itself() -> None:
    """What opened the alert needs a tenth more than it had; other sources and other channels need no more than before."""
    subject = said(feedback(1))
    assert raised(subject)[SPIKE] == pytest.approx(1.4 * MARGIN)
    assert (np.delete(raised(subject), SPIKE) == 1.0).all()
    assert (raised(subject, channel=1) == 1.0).all()


def test_it_counts_in_full_for_half_of_its_time_and_fades_away_in_the_other() -> None:
    """Raised as at first after half of it, by half as much after three quarters, and not at all at its end or later."""
    subject = said(feedback(1))
    more = [raised(subject, int(share * IN_FORCE_US))[SPIKE] - 1.0 for share in (0.0, 0.5, 0.75, 1.0, 3.0)]
    assert more == pytest.approx([0.54, 0.54, 0.27, 0.0, 0.0])


def test_false_alarms_do_not_add_up() -> None:
    """The strongest of them says how far; a hundredth of the same strength changes nothing."""
    assert raised(said(feedback(1), feedback(2, strength=1.2), feedback(3)))[SPIKE] == pytest.approx(1.4 * MARGIN)


@given(st.lists(answers, max_size=PER_CHANNEL), st.integers(-IN_FORCE_US, 3 * IN_FORCE_US))
def test_whatever_is_said_what_would_be_critical_is_told(given_: list[Feedback], after_us: int) -> None:
    """No threshold is ever lowered, nor raised beyond the strength from which an alert is critical."""
    factors = raised(said(*given_), after_us)
    assert ((factors >= 1.0) & (factors <= MOST)).all()


@given(st.lists(answers, max_size=4), answers)
def test_what_is_taken_back_has_never_been(before: list[Feedback], one: Feedback) -> None:
    """After feedback and its undoing every bit is as it was, unless it took the place of what was said of that alert before."""
    subject, again = said(*before), said(*before)
    subject.give(one, Slot(0), START, PAID)
    subject.give(Feedback(one.alert, FeedbackKind.UNDONE, "pump", "flow", START, ()), Slot(0), START, PAID)
    if one.alert not in {other.alert for other in before}:
        for name, array in again.block.arrays().items():
            assert subject.block.arrays()[name].tobytes() == array.tobytes()


def test_what_is_said_last_of_an_alert_holds() -> None:
    """Confirmed after all, an alert raises nothing, and its pressure is forgiven."""
    subject = said(feedback(1), feedback(1, FeedbackKind.CONFIRMED))
    assert (raised(subject) == 1.0).all()
    assert subject.forgiven(np.array([0]), np.array([START]), PERIOD_S)[0].tolist() == [1.0, 0.0]


def test_what_was_right_is_forgiven_as_its_pressure_fades() -> None:
    """A period after the alert e times less is left to be forgiven; of another channel nothing is."""
    subject = said(feedback(1, FeedbackKind.CONFIRMED))
    later = np.array([START + round(PERIOD_S * 1e6), START])
    forgiven = subject.forgiven(np.array([0, 1]), later, PERIOD_S)
    assert forgiven[:, 0] == pytest.approx([1.0 / np.e, 0.0])


def test_a_channel_has_room_for_so_many_and_again_when_the_first_no_longer_count() -> None:
    """One more than that finds no room, unless it is about an alert of which something was said already, or time has passed."""
    subject = said(*map(feedback, range(PER_CHANNEL)))
    assert not subject.has_room(Slot(0), "ffff", START)
    assert subject.has_room(Slot(0), f"{3:016x}", START)
    assert subject.has_room(Slot(1), "ffff", START)
    assert subject.has_room(Slot(0), "ffff", START + IN_FORCE_US)


def test_what_no_longer_counts_is_let_go_of() -> None:
    """At a turn that finds the channel's time beyond its end, nothing is left of it."""
    subject = said(feedback(1))
    subject.let_go(np.array([START + IN_FORCE_US - 1]))
    assert len(subject.block) == 1
    subject.let_go(np.array([START + IN_FORCE_US]))
    assert len(subject.block) == 0


@given(st.integers(0, 2**64 - 1))
def test_an_alert_keeps_its_id(number: int) -> None:
    """The id that is listed is the one that was given."""
    subject = Said(2)
    subject.give(feedback(number), Slot(0), START, PAID)
    assert [one.alert for _, one in subject.in_force()] == [f"{number:016x}"]
