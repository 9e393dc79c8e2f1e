"""Novelty: how rare it is that a channel leaves the range of all that it has read."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.novelty import MARGIN, SETTLED, Novelty
from tests.rows import rows

MEMORY_S = 1e9


def after(values: list[float] | NDArray[np.float64], memory_s: float = MEMORY_S) -> Novelty:
    """Return the novelty of one channel that has read these values."""
    subject = Novelty(memory_s)
    subject.block.grow(1)
    for step, value in enumerate(values):
        learn(subject, float(value), step)
    return subject


def learn(subject: Novelty, value: float, step: int, gap_s: float = 10.0) -> None:
    """Take one reading in."""
    one = rows([value], gap_s=gap_s)
    subject.learn(one, subject.beyond(one), np.array([step]))


def rarity(subject: Novelty, value: float, experience: float = 1000.0) -> float:
    """Return how rare a value is."""
    one = rows([value])
    return float(subject.rarity(one.slots, subject.beyond(one), np.array([experience]))[0])


SEEN = [0.0, 10.0, *[5.0] * 100]


@pytest.mark.parametrize("value", [0.0, 5.0, 10.0, 10.0 + 9.9 * MARGIN, -9.9 * MARGIN])
def test_within_the_range_and_its_margin_nothing_is_new(value: float) -> None:
    """What was read before, or is hardly beyond it, has no rarity."""
    assert rarity(after(SEEN), value) == 0.0


@pytest.mark.parametrize(("value", "side"), [(20.0, 1.0), (-10.0, -1.0)])
def test_beyond_the_range_is_counted_in_ranges_with_its_sign(value: float, side: float) -> None:
    """One range above or below is plus or minus one."""
    assert after(SEEN).beyond(rows([value])).tolist() == pytest.approx([side], rel=1e-4)


def test_the_first_to_leave_the_range_is_as_rare_as_the_past_is_long() -> None:
    """After 999 readings within, leaving it is one in a thousand, and the farther the rarer."""
    subject = after(SEEN)
    assert 3.0 <= rarity(subject, 10.6, 999.0) < rarity(subject, 12.0, 999.0) < rarity(subject, 40.0, 999.0)
    assert rarity(subject, 12.0, 9999.0) == pytest.approx(rarity(subject, 12.0, 999.0) + 1.0)


def test_who_often_leaves_the_range_is_no_news() -> None:
    """A channel that climbs in leaps for good is less and less rare."""
    values = [1.3**step for step in range(SETTLED + 40)]
    subject = after(values)
    assert rarity(subject, values[-1] * 1.3) < rarity(after(SEEN), 13.0) - 0.5


def test_a_constant_channel_has_no_range_to_leave() -> None:
    """Without a range nothing lies beyond it; rounding is no range."""
    assert rarity(after([7.0] * 100), 8.0) == 0.0
    assert rarity(after([7.0, 7.0 + 1e-12] * 50), 8.0) == 0.0


def test_a_glitch_widens_the_range_by_one_range_at_most() -> None:
    """After a reading of a million, one of a hundred is still new."""
    subject = after([*SEEN, 1e6])
    assert subject.block.high[0] == pytest.approx(20.0, rel=1e-4)
    assert rarity(subject, 100.0) > 0.0


def test_the_range_shrinks_with_time_towards_the_present() -> None:
    """What was high long ago is new again."""
    subject = after(SEEN, memory_s=1000.0)
    learn(subject, 5.0, 200, gap_s=3000.0)
    assert rarity(subject, 10.0) > 0.0


def test_the_unit_of_a_channel_does_not_matter() -> None:
    """In a unit of another power of two the same value is as rare, bit for bit."""
    values = np.random.default_rng(1).standard_normal(200)
    said = {rarity(after(factor * values), factor * 5.0) for factor in (1.0, 2.0**40, 2.0**-40)}
    assert len(said) == 1
