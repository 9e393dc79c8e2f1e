"""Habit: what a channel usually reads at this hour of such a day."""

from dataclasses import replace

import numpy as np
import pytest

from detector.anomaly.habit import Habit
from detector.state.rows import DAY_US, HOUR_US, learning_rate, plain_rate
from tests.rows import rows

WEEK_S = 7 * 86_400.0
MONDAY = 4 * DAY_US
"""1970-01-05, midnight."""

USUAL = np.array([-1.0])


def day_of(hour: int) -> float:
    """Return what the channel under test reads at an hour of a weekday."""
    return 20.0 + hour


def expected(subject: Habit, at_us: int) -> float:
    """Return what habit expects at a moment."""
    return float(subject.expected(replace(rows([0.0]), at_us=np.array([at_us])), USUAL)[0])


def live(subject: Habit, first: int, days: int, *, step_us: int = HOUR_US // 4, shift: float = 0.0) -> None:
    """Read every quarter of an hour for some days from `first` on."""
    known = np.array([True])
    for at_us in range(first, first + days * DAY_US, step_us):
        value = np.array([day_of(at_us // HOUR_US % 24) + shift])
        row = replace(rows(value, gap_s=step_us / 1e6), at_us=np.array([at_us]))
        subject.learn(row, value, known)


def habit() -> Habit:
    """Return a habit of one channel that has read nothing."""
    subject = Habit(WEEK_S)
    subject.block.grow(1)
    return subject


def test_a_channel_has_no_habit_on_its_first_day() -> None:
    """What was read a few hours ago is no habit: until a day has passed, the usual value stands in."""
    subject = habit()
    live(subject, MONDAY, 1)
    assert expected(subject, MONDAY + DAY_US - 1) == USUAL[0]
    assert expected(subject, MONDAY + DAY_US) == day_of(0)


@pytest.mark.parametrize("hour", [0, 7, 23])
def test_each_hour_has_its_own_level(hour: int) -> None:
    """After some days every hour expects what it read on those days."""
    subject = habit()
    live(subject, MONDAY, 3)
    assert expected(subject, MONDAY + 3 * DAY_US + hour * HOUR_US) == pytest.approx(day_of(hour))


def test_a_weekend_is_taken_for_a_weekday_until_it_is_known() -> None:
    """The first Saturday expects a weekday's hours; the second expects a Saturday's."""
    subject, saturday = habit(), MONDAY + 5 * DAY_US
    live(subject, MONDAY, 5)
    assert expected(subject, saturday + 9 * HOUR_US) == pytest.approx(day_of(9))
    live(subject, saturday, 2, shift=-8.0)
    assert expected(subject, saturday + 7 * DAY_US + 9 * HOUR_US) == pytest.approx(day_of(9) - 8.0)
    assert expected(subject, saturday + 2 * DAY_US + 9 * HOUR_US) == pytest.approx(day_of(9))


@pytest.mark.parametrize("step_us", [HOUR_US // 60, HOUR_US // 4, HOUR_US])
def test_a_change_is_learnt_in_days_at_any_cadence(step_us: int) -> None:
    """A new level is half learnt after about a week of it, however often a reading comes."""
    subject = habit()
    live(subject, MONDAY, 5, step_us=step_us)
    live(subject, MONDAY + 7 * DAY_US, 5, step_us=step_us, shift=10.0)
    learnt = expected(subject, MONDAY + 14 * DAY_US + 9 * HOUR_US) - day_of(9)
    assert 4.0 < learnt < 7.0


def test_an_unknown_reading_leaves_no_habit() -> None:
    """Where nothing was expected nothing is learnt."""
    subject = habit()
    subject.learn(rows([5.0]), np.array([5.0]), np.array([False]))
    assert not subject.block.seen.any()
    assert not subject.block.count.any()


@pytest.mark.parametrize("offset", [0.0, -1e8, 1e12])
def test_habits_are_fine_whatever_the_unit_counts_from(offset: float) -> None:
    """Far from zero, where float32 has steps of eight or of 65,536, hours are known to a thousandth all the same."""
    subject = habit()
    live(subject, MONDAY, 4, shift=offset)
    moments = [MONDAY + 4 * DAY_US + hour * HOUR_US for hour in range(24)]
    assert [expected(subject, at) - offset for at in moments] == pytest.approx([day_of(h) for h in range(24)], abs=1e-3)


def test_the_first_readings_are_averaged_evenly() -> None:
    """The n-th reading moves a mean by 1/n, as long as that is more than time alone would."""
    assert learning_rate(plain_rate(np.array([0, 1, 9])), np.full(3, 1.0), 1e9) == pytest.approx([1.0, 0.5, 0.1])
    assert learning_rate(plain_rate(np.array([10**6])), np.array([10.0]), 1000.0) == pytest.approx([0.00995], rel=1e-3)


def test_a_wild_reading_spoils_no_other_hour() -> None:
    """After a first reading of a thousand million the other hours are known as finely as ever."""
    subject, row = habit(), replace(rows([1e9]), at_us=np.array([MONDAY]))
    subject.learn(row, np.array([1e9]), np.array([True]))
    live(subject, MONDAY + HOUR_US, 4)
    assert expected(subject, MONDAY + 4 * DAY_US + 12 * HOUR_US) == pytest.approx(day_of(12), rel=1e-6)
