"""The moments of synthetic readings."""

import numpy as np
import pytest

from detector.fit.timeline import CADENCE_WEIGHTS, CADENCES_S, draw_timeline


@pytest.mark.parametrize("seed", range(30))
def test_moments_rise_strictly(seed: int) -> None:
    """Whatever jitter, losses and gaps there are, every reading has a later moment than the one before."""
    timeline = draw_timeline(np.random.default_rng(seed), 500)
    assert len(timeline) == 500
    assert np.all(np.diff(timeline.at_us) > 0)


@pytest.mark.parametrize("seed", range(30))
def test_usual_gap_is_the_cadence(seed: int) -> None:
    """The median gap between readings is the stated cadence, within the jitter and a millisecond."""
    timeline = draw_timeline(np.random.default_rng(seed), 500)
    assert np.median(np.diff(timeline.seconds)) == pytest.approx(timeline.cadence_s, rel=0.35, abs=0.001)


def test_some_timelines_have_gaps_and_some_have_none() -> None:
    """Over many draws there are both perfect clocks and streams with outages of ten cadences and more."""
    longest = [np.diff(draw_timeline(np.random.default_rng(seed), 300).position).max() for seed in range(60)]
    assert min(longest) == pytest.approx(1.0)
    assert max(longest) > 10.0


def test_cadence_weights_are_a_distribution() -> None:
    """There is one weight for each cadence, and they sum to one."""
    assert len(CADENCE_WEIGHTS) == len(CADENCES_S)
    assert CADENCE_WEIGHTS.sum() == pytest.approx(1.0)
