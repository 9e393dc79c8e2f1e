"""What rows tell of their own moment."""

import numpy as np
import pytest

from detector.state.rows import HOUR_US, Rows


def rows_at(*hours: float) -> Rows:
    """Return rows at these hours since the epoch."""
    count = len(hours)
    at_us, ones = np.array([round(hour * HOUR_US) for hour in hours], np.int64), np.ones(count, np.int64)
    return Rows(np.arange(count), np.zeros(count), at_us, np.zeros(count), ones, ones)


def test_the_hour_of_the_day_comes_again_every_day() -> None:
    """Every moment has its whole hour, from 0 to 23."""
    assert rows_at(0.0, 0.9, 23.9, 24.0, 49.5).hour.tolist() == [0, 0, 23, 0, 1]


def test_the_day_turns_once_and_twice() -> None:
    """At six in the morning the day is a quarter round, and twice the angle half."""
    turns = rows_at(6.0).day_turns
    assert turns.shape == (4, 1)
    assert turns[:, 0] == pytest.approx([1.0, 0.0, 0.0, -1.0], abs=1e-12)
