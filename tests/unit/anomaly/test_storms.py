"""Storms: a device opens a few alerts a day; what is beyond is counted."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from detector.anomaly.storms import DAY_S, Storms
from detector.settings import Budget
from tests.fleet import START

WEEKLY = "1 per device per week"


def storms(budget: str = WEEKLY, devices: int = 2) -> Storms:
    """Return storms of devices that have opened nothing."""
    subject = Storms(Budget.parse(budget))
    subject.block.grow(devices)
    return subject


def admitted(subject: Storms, *asked: tuple[int, float], at_once: int = 1) -> list[bool]:
    """Return which of (device, seconds) may open an alert, asked so many at a time."""
    said: list[bool] = []
    for first in range(0, len(asked), at_once):
        part = asked[first : first + at_once]
        devices = np.array([device for device, _ in part])
        at_us = np.array([START + round(seconds * 1e6) for _, seconds in part])
        said += subject.admit(devices, at_us, np.full(len(part), True)).tolist()
    return said


def test_a_device_opens_three_alerts_a_day_and_the_rest_is_counted() -> None:
    """The fourth and fifth are held back, and counted; another device is not concerned."""
    subject = storms()
    five = [(0, float(number)) for number in range(5)]
    assert admitted(subject, *five, (1, 9.0)) == [True, True, True, False, False, True]
    assert subject.block.held_back[:2].tolist() == [2, 0]


def test_the_allowance_comes_back() -> None:
    """A third of a day after a storm one alert may open, and after a day three."""
    subject = storms()
    storm = [(0, 0.0)] * 9
    admitted(subject, *storm)
    assert admitted(subject, *[(0, DAY_S / 3 + 1.0)] * 2) == [True, False]
    assert admitted(subject, *[(0, 2 * DAY_S)] * 4) == [True] * 3 + [False]


def test_a_generous_budget_allows_three_times_its_day() -> None:
    """With ten a day for each device, thirty may open in one."""
    assert sum(admitted(storms("10 per device per day"), *[(0, 0.0)] * 99)) == 30


def test_who_wants_nothing_is_given_nothing() -> None:
    """Rows that open no alert spend nothing."""
    subject = storms()
    wanted = np.array([False, False])
    assert not subject.admit(np.array([0, 0]), np.array([START, START]), wanted).any()
    assert (subject.block.spent[0], subject.block.held_back[0]) == (0.0, 0)


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0.0, 3e5)), max_size=40), st.integers(2, 40))
@example([(0, 0.0)] * 10 + [(0, 57_600.0), (0, 0.0)], 2)
def test_asking_many_at_once_changes_nothing(asked: list[tuple[int, float]], at_once: int) -> None:
    """One at a time or all in a batch, in stream order, the same may open; clocks may run backwards."""
    apart, together = storms(), storms()
    assert admitted(apart, *asked) == admitted(together, *asked, at_once=at_once)
    assert all(np.array_equal(apart.block.arrays()[name], column) for name, column in together.block.arrays().items())
