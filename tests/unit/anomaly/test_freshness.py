"""Freshness: what is told is stranger than all that was told in the last hours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.anomaly.freshness import HELD_S, Freshness
from tests.rows import rows


def passed(strangeness: list[float], gap_s: float = 3600.0) -> list[bool]:
    """Return which readings of one channel are news."""
    subject = Freshness(1)
    subject.block.grow(1)
    said = []
    for one in strangeness:
        row, values = rows([0.0], gap_s=gap_s), np.array([[one]])
        news = subject.passes(row, values)
        subject.learn(row, values, news)
        said.append(bool(news[0, 0]))
    return said


def test_only_what_is_stranger_passes() -> None:
    """A repetition is held back, and so is what is less strange."""
    assert passed([2.0, 2.0, 1.0, 3.0, 2.9]) == [True, False, False, True, False]


def test_what_one_organ_told_holds_no_other_back() -> None:
    """Each organ has news of its own."""
    subject, row = Freshness(2), rows([0.0])
    subject.block.grow(1)
    first = np.array([[5.0, 0.0]])
    subject.learn(row, first, subject.passes(row, first))
    assert subject.passes(row, np.array([[4.0, 4.0]])).tolist() == [[False, True]]


def test_what_is_not_strange_at_all_is_no_news() -> None:
    """Zero never passes."""
    assert passed([0.0, 0.0]) == [False, False]


@pytest.mark.parametrize(("gap_s", "again"), [(HELD_S - 1.0, False), (HELD_S, True)])
def test_half_a_day_later_it_is_news_again(gap_s: float, again: bool) -> None:
    """Time is counted from the reading that passed, not from its repetitions."""
    assert passed([2.0, 2.0], gap_s) == [True, again]
    assert passed([2.0, *[1.9] * 11, 2.0], HELD_S / 12)[-1]


@given(st.lists(st.floats(0.0, 10.0), max_size=60), st.floats(0.1, 10.0))
def test_at_any_threshold_the_first_exceedance_passes_and_repetitions_wait(
    strangeness: list[float], threshold: float
) -> None:
    """No exceedance is held back unless one passed within half a day, and every one that waits has such a one."""
    gap_s, last = 3600.0, -np.inf
    for step, (one, news) in enumerate(zip(strangeness, passed(strangeness, gap_s), strict=True)):
        if one >= threshold and not news:
            assert step * gap_s - last < HELD_S
        if one >= threshold and news:
            last = step * gap_s
