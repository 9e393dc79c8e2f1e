"""The law of peaks: levels that are exceeded with a given chance."""

import numpy as np
import pytest

from detector.anomaly.extremes import PeakLaw, skewness
from tests.peaks import GUMBEL_SKEW

CERTAIN = 1e9
"""Weight at which nothing is added for want of knowledge."""


def law(mean: float = 0.0, spread: float = 1.0, skew: float = 0.0, weight: float = CERTAIN) -> PeakLaw:
    """Return a law of one lane of one channel."""
    return PeakLaw(*(np.array([number]) for number in (mean, spread, skew, weight)))


@pytest.mark.parametrize(
    ("skew", "chance", "level"),
    [
        (0.0, 0.025, 1.960),
        (0.0, 0.001, 3.090),
        (GUMBEL_SKEW, 1 / 28, 2.133),
        (GUMBEL_SKEW, 1 / 120, 3.278),
        (2.0, 0.01, 3.605),
    ],
)
def test_levels_are_those_of_the_normal_the_gumbel_and_the_exponential(
    skew: float, chance: float, level: float
) -> None:
    """In standard deviations above the mean, within three hundredths of the textbook."""
    assert law(skew=skew).level(np.array([chance]))[0] == pytest.approx(level, abs=0.03)


@pytest.mark.parametrize("skew", [-0.5, 0.0, 0.3, 1.14, 2.0, 9.0])
@pytest.mark.parametrize("weight", [8.0, 224.0])
def test_a_smaller_chance_never_means_a_lower_level(skew: float, weight: float) -> None:
    """From a half down to nothing, whatever the skew."""
    chances = np.append(np.logspace(np.log10(0.9), -30, 400), 0.0)
    levels = law(skew=skew, weight=weight).level(chances)
    assert np.isfinite(levels).all()
    assert (np.diff(levels) >= 0.0).all()


def test_little_knowledge_means_caution() -> None:
    """The fewer quarters stand behind a law, the higher is the level at the same chance."""
    levels = [float(law(skew=1.0, weight=weight).level(np.array([0.03]))[0]) for weight in (224.0, 28.0, 8.0)]
    assert levels == sorted(levels)
    assert levels[2] > 1.3 * levels[0]


def test_a_level_has_about_its_chance_of_being_exceeded() -> None:
    """The largest of 72 exponentials exceeds the level for one in 28 in one of 28 cases, by their moments alone."""
    peaks = np.random.default_rng(1).exponential(0.5, (20_000, 72)).max(axis=1)
    mean, variance, third = peaks.mean(), peaks.var(), ((peaks - peaks.mean()) ** 3).mean()
    subject = law(mean, np.sqrt(variance), float(skewness(mean, variance, third)))
    assert (peaks > subject.level(np.array([1 / 28]))).mean() == pytest.approx(1 / 28, rel=0.15)


def test_what_never_varied_has_no_skew() -> None:
    """A constant has moments, but no skew to be divided by nothing."""
    rounding = np.array([0.0, 0.0, 1e-3])  # of a million in float32, squared
    assert skewness(np.array([3.0, 0.0, 1e6]), rounding, rounding).tolist() == [0.0, 0.0, 0.0]
