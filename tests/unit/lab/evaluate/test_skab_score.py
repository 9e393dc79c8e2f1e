"""Alarms counted row by row, and change points against hand-computed cases."""

import numpy as np
import pytest

from detector.lab.evaluate.nab_score import PROFILES
from detector.lab.evaluate.skab_score import Alarms, alarms_of, change_point_score, turns_of
from detector.state.rows import Floats, Mask

STANDARD, LOW_FP, LOW_FN = PROFILES
SECONDS: Floats = np.arange(300.0) * 1e6


def rows(*places: int) -> Mask:
    """Return a mask of 300 rows with these set."""
    mask = np.zeros(300, np.bool_)
    mask[list(places)] = True
    return mask


def test_rates_are_of_the_rows_that_they_are_about() -> None:
    """One of three ordinary rows was told, one of two anomalous ones was not."""
    alarms = alarms_of(np.array([0, 0, 0, 1, 1], np.bool_), np.array([1, 0, 0, 1, 0], np.bool_))
    assert (alarms.false_rate, alarms.missed_rate, alarms.f1) == pytest.approx((100.0 / 3.0, 50.0, 0.5))


def test_files_are_counted_together() -> None:
    """Rows of two files add up, and no file at all has no rate."""
    both = Alarms(1, 2, 3, 4) + Alarms(10, 20, 30, 40)
    assert both == Alarms(11, 22, 33, 44)
    assert (Alarms().f1, Alarms().false_rate, Alarms().missed_rate) == (None, None, None)


def test_an_alarm_tells_of_two_change_points() -> None:
    """Its first row and the first after it; one that stands at the start begins there."""
    assert np.flatnonzero(turns_of(rows(5, 6, 7))).tolist() == [5, 8]
    assert np.flatnonzero(turns_of(rows(0))).tolist() == [0, 1]


@pytest.mark.parametrize(("told", "score"), [(100, 1.0), (160, -0.11), (99, -1.11), (161, -1.11)])
def test_credit_falls_from_one_to_the_cost_of_a_false_alarm(told: int, score: float) -> None:
    """At the change point it is all, sixty seconds later it is as bad as a false alarm, and outside it is one."""
    assert change_point_score(SECONDS, rows(100), rows(told), STANDARD) == pytest.approx(score)


def test_half_way_the_credit_is_half_way() -> None:
    """The curve is symmetric about the middle of the window."""
    score = change_point_score(SECONDS, rows(100), rows(130), STANDARD)
    assert score == pytest.approx((1.0 - 0.11) / 2.0, abs=2e-3)


def test_profiles_weigh_misses_and_false_alarms() -> None:
    """A missed point costs twice as much in low FN, a false one twice as much in low FP."""
    assert change_point_score(SECONDS, rows(100), rows(), LOW_FN) == -2.0
    assert change_point_score(SECONDS, rows(100), rows(100, 200, 201), LOW_FP) == pytest.approx(1.0 - 0.44)


def test_a_window_that_begins_within_another_begins_at_its_end() -> None:
    """Told at 140, the point at 100 is found, and that at 130, whose window starts at 160, is not."""
    late = change_point_score(SECONDS, rows(100), rows(140), STANDARD)
    assert change_point_score(SECONDS, rows(100, 130), rows(140), STANDARD) == pytest.approx(late - 1.0)
