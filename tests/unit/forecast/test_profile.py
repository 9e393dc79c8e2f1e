"""The daily profile: what is usual at this time of day, whatever the cadence."""

import numpy as np
import pytest

from detector.domain import MICROSECONDS
from detector.forecast.profile import DayProfile

ONE = np.zeros(1, np.intp)
DAY_S = 86_400
MIDNIGHT_S = 19_723 * DAY_S


def wave(at_s: float) -> float:
    """Return a daily wave."""
    return 20.0 + 5.0 * float(np.sin(2.0 * np.pi * at_s / DAY_S))


def profile_after(days: float, *, cadence_s: int = 300, level: float = 0.0, trusted: bool = True) -> DayProfile:
    """Return the profile of one channel that has seen some days of the wave."""
    profile = DayProfile()
    profile.block.grow(1)
    show(profile, 0.0, days, cadence_s=cadence_s, level=level, trusted=trusted)
    return profile


def show(
    profile: DayProfile, first: float, days: float, *, cadence_s: int = 300, level: float = 0.0, trusted: bool = True
) -> None:
    """Let a profile see some more days of the wave, from the day `first`."""
    begin = MIDNIGHT_S + round(first * DAY_S)
    for at_s in range(begin, begin + round(days * DAY_S), cadence_s):
        value = np.array([wave(at_s) + level])
        profile.learn(ONE, np.array([at_s * MICROSECONDS]), value, np.full(1, trusted))


def usual(profile: DayProfile, day: float) -> float | None:
    """Return what is usual at a moment, in days since the first midnight."""
    value, known = profile.usual(ONE, np.array([round((MIDNIGHT_S + day * DAY_S) * MICROSECONDS)]))
    return float(value[0]) if known[0] else None


@pytest.mark.parametrize("cadence_s", [10, 300, 900])
@pytest.mark.parametrize("hour", [0.0, 6.3, 17.9])
def test_after_a_day_the_time_of_day_is_known(cadence_s: int, hour: float) -> None:
    """Between bins the profile is as smooth as the day was."""
    profile = profile_after(2.0, cadence_s=cadence_s)
    assert usual(profile, 2.0 + hour / 24) == pytest.approx(wave(hour * 3600), abs=0.2)


def test_an_hourly_channel_knows_its_own_hours_and_no_more() -> None:
    """Moments at which it never speaks stay unknown; there is nothing to invent."""
    profile = profile_after(3.0, cadence_s=3600)
    assert usual(profile, 3.0 + 7 / 24) == pytest.approx(wave(7 * 3600), abs=0.01)
    assert usual(profile, 3.0 + 7.5 / 24) is None


def test_nothing_is_known_on_the_first_day() -> None:
    """What has not been seen yet has no usual value."""
    profile = profile_after(0.5)
    assert usual(profile, 0.6) is None


def test_today_does_not_answer_for_yesterday() -> None:
    """A value just read has no say in what is usual at this time of day."""
    profile = profile_after(2.0)
    before = usual(profile, 2.0 + 1e-3)
    show(profile, 2.0, 1.0 / 96, level=100.0)
    assert usual(profile, 2.0 + 1.0 / 96) == pytest.approx(before, abs=0.4)


def test_a_new_habit_takes_over_within_days() -> None:
    """A third of the way on the first day, nearly all of it after a week."""
    profile = profile_after(3.0)
    show(profile, 3.0, 1.1, level=9.0)
    assert usual(profile, 4.5) == pytest.approx(wave(0.5 * DAY_S) + 3.0, abs=0.2)
    show(profile, 4.1, 6.0, level=9.0)
    assert usual(profile, 10.5) == pytest.approx(wave(0.5 * DAY_S) + 9.0, abs=1.0)


def test_what_is_not_trusted_is_not_entered() -> None:
    """A day of readings that are not trusted leaves the profile as it was."""
    profile = profile_after(2.0)
    before = profile.block.usual.copy()
    show(profile, 2.0, 1.0, level=50.0, trusted=False)
    assert profile.block.usual == pytest.approx(before, abs=1.0)


def test_what_was_not_seen_for_longer_than_a_week_is_forgotten() -> None:
    """After nine days of silence nothing is usual any more."""
    profile = profile_after(2.0)
    assert usual(profile, 4.0) is not None
    assert usual(profile, 11.5) is None


def test_a_clock_set_back_is_no_trouble() -> None:
    """Readings of yesterday after those of today are entered like any others."""
    profile = profile_after(2.0)
    show(profile, 1.0, 1.0)
    assert usual(profile, 2.3) == pytest.approx(wave(0.3 * DAY_S), abs=0.2)
