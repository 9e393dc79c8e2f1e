"""The volume under the surface: what it rewards, and that it agrees with figures worked out by hand."""

import numpy as np
import pytest

from detector.lab.evaluate.vus import period_of, vus_pr


def test_scores_that_are_the_labels_fill_the_volume_without_tolerance() -> None:
    """Whoever tells the anomalous rows and no other has all of the area."""
    scores = np.zeros(500)
    scores[200:220] = 1.0
    assert vus_pr(scores, [(200, 219)], 0) == pytest.approx(1.0, abs=0.01)


def test_a_constant_score_has_the_share_of_anomalous_rows() -> None:
    """Everything is told at every threshold: precision is a tenth, and the curve falls there in a straight line."""
    assert vus_pr(np.ones(500), [(100, 149)], 0) == pytest.approx((1.0 + 0.1) / 2.0)


def test_the_area_is_the_one_worked_out_by_hand() -> None:
    """Of four rows the second is anomalous and ranks second: precision 0, 1/2, 1/3, 1/4, recall 0, 1, 1, 1."""
    scores = np.array([0.9, 0.8, 0.1, 0.0])
    # from recall 0 at precision 0 to recall 1 at precision 1/2, and nothing more
    assert vus_pr(scores, [(1, 1)], 0) == pytest.approx(0.25)


def test_tolerance_forgives_a_score_beside_the_anomaly() -> None:
    """A peak three rows early is worth nothing without tolerance, and something with it."""
    scores = np.zeros(300)
    scores[197] = 1.0
    strict, tolerant = vus_pr(scores, [(200, 209)], 0), vus_pr(scores, [(200, 209)], 20)
    assert strict is not None
    assert tolerant is not None
    assert tolerant > strict


def test_better_ranks_have_more_volume() -> None:
    """Raising the scores of anomalous rows never shrinks the volume."""
    noise = np.random.default_rng(1).random(600)
    raised = noise.copy()
    raised[100:130] += 0.5
    low, high = vus_pr(noise, [(100, 129)], 30), vus_pr(raised, [(100, 129)], 30)
    assert low is not None
    assert high is not None
    assert 0.0 < low < high < 1.0


def test_a_file_without_anomalies_has_no_volume() -> None:
    """There is nothing to rank."""
    assert vus_pr(np.ones(10), [], 5) is None


def test_the_period_is_the_lag_at_which_a_series_repeats() -> None:
    """A wave of 48 rows has that period; a constant and a long trend have none, and the usual one stands in."""
    place = np.arange(2000)
    assert period_of(np.sin(2.0 * np.pi * place / 48.0)) == 48
    assert period_of(np.ones(2000)) == 125
    assert period_of(place.astype(np.float64)) == 125
