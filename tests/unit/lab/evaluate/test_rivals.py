"""What the rivals expect and what they find odd."""

import numpy as np
import pytest

from detector.lab.evaluate.hotelling import Hotelling, fit_plane
from detector.lab.evaluate.predictors import LinearContinuation, Predictor, RecentMean, UsualOfTheHour
from detector.lab.evaluate.rivals import gaussian_rarity, random_rarity
from detector.state.rows import Floats, Rows

NOBODY = np.zeros(4, np.intp)


def row(value: float, step: int = 0, cadence_s: float = 60.0) -> Rows:
    """Return one reading of channel 0."""
    one = np.ones(1, np.int64)
    at_us = one * round((1_699_999_200 + step * cadence_s) * 1e6)
    return Rows(np.zeros(1, np.intp), np.array([value]), at_us, np.full(1, cadence_s), one, one)


def expected(predictor: Predictor, values: Floats, cadence_s: float = 60.0) -> Floats:
    """Return what is expected of each value before it is seen."""
    predictor.grow(1)
    said = []
    for step, value in enumerate(values.tolist()):
        said.append(predictor.predict(row(value, step, cadence_s))[0][0])
        predictor.learn(row(value, step, cadence_s))
    return np.array(said)


def test_the_recent_mean_follows_a_lasting_change() -> None:
    """After a few memories of the new level it is what is expected."""
    said = expected(RecentMean(), np.repeat([1.0, 5.0], 300))
    assert said[[299, 599]] == pytest.approx([1.0, 5.0], abs=0.02)


def test_the_usual_value_of_the_hour_returns_with_the_hour() -> None:
    """At a time of day that was seen before, yesterday's value is expected, whatever came in between."""
    day = np.repeat(np.arange(24.0), 60)
    said = expected(UsualOfTheHour(), np.tile(day, 3))
    assert np.abs(said[-1440:] - day).max() < 0.5


def test_a_linear_continuation_learns_a_wave() -> None:
    """A sine obeys a linear recursion, so in the end hardly anything remains to be said."""
    wave = np.sin(np.arange(2000) / 7.0)
    assert np.abs(expected(LinearContinuation(), wave) - wave)[-500:].max() < 1e-3


@pytest.mark.parametrize("values", [np.ones(3000), 1e12 * np.ones(50), np.tile([0.0, 1.0], 400), np.zeros(5)])
def test_a_linear_continuation_stays_finite(values: Floats) -> None:
    """Channels that stand still, are huge or take two values give numbers."""
    assert np.isfinite(expected(LinearContinuation(), values)).all()


def test_gaussian_rarity_is_the_two_sided_tail() -> None:
    """A deviation of 1.96 happens once in twenty; far out it stays finite."""
    rarity = gaussian_rarity(row(0.0), NOBODY, np.array([0.0, 1.96, -1.96, 1e9]))
    assert rarity == pytest.approx([0.0, 1.30103, 1.30103, 12.0], abs=1e-4)


def test_random_rarity_is_uniform_and_the_same_again() -> None:
    """One reading in ten is rarer than one in ten, and nothing but the reading decides which."""
    count = 20_000
    one = np.ones(count, np.int64)
    rows = Rows(NOBODY, np.full(count, 20.5), np.arange(count) * 10**6, np.ones(count), one, one)
    rarity = random_rarity(rows, NOBODY, np.zeros(count))
    assert (rarity >= 1.0).mean() == pytest.approx(0.1, abs=0.01)
    assert np.array_equal(rarity, random_rarity(rows, NOBODY, np.ones(count)))


def test_limits_hold_one_observation_in_a_thousand() -> None:
    """Of Gaussian observations of five channels, on a plane of two, few pass T2 and Q limits that others set."""
    random = np.random.default_rng(3)
    mixing = random.standard_normal((2, 5))
    seen = random.standard_normal((6000, 2)) @ mixing + 0.2 * random.standard_normal((6000, 5))
    plane = fit_plane(seen[:3000])
    passed = np.mean([plane.excess(one) > 1.0 for one in seen[3000:]])
    assert passed < 0.01
    assert plane.excess(seen[0] + np.array([0.0, 0.0, 8.0, 0.0, 0.0])) > 1.0


def test_a_device_whose_channels_stand_still_is_never_odd() -> None:
    """Nothing moves, so nothing leaves its plane."""
    charts = Hotelling()
    rarities = [charts.rarity(row(1.0, step), NOBODY[:1], np.zeros(1))[0] for step in range(600)]
    assert np.isfinite(rarities).all()
    assert max(rarities) == 0.0
