"""NAB's scoring function, against cases computed by hand."""

import math

import numpy as np
import pytest

from detector.lab.evaluate.nab_score import (
    OUTSIDE,
    PROFILES,
    Profile,
    best_threshold,
    grade,
    normalised,
    probation_rows,
    raw_score,
    sigmoid_credit,
)
from detector.state.rows import Mask

STANDARD, LOW_FP, LOW_FN = PROFILES


def detections(rows: int, *places: int) -> Mask:
    """Return detections at these rows."""
    detected = np.zeros(rows, np.bool_)
    detected[list(places)] = True
    return detected


@pytest.mark.parametrize(
    ("position", "credit"),
    [(-1.0, 0.98661), (-0.5, 0.84828), (0.0, 0.0), (1.0, -0.98661), (2.999, -1.0), (3.0, -1.0), (1e6, -1.0)],
)
def test_the_sigmoid_has_its_published_values(position: float, credit: float) -> None:
    """2 / (1 + e^5y) - 1, and -1 from three widths behind on."""
    assert float(sigmoid_credit(np.array(position))) == pytest.approx(credit, abs=1e-5)


@pytest.mark.parametrize(("rows", "probation"), [(100, 15), (4032, 604), (4999, 749), (5000, 750), (20_000, 750)])
def test_the_probation_is_fifteen_percent_up_to_750_rows(rows: int, probation: int) -> None:
    """Rows are rounded down, and long files have no longer probation."""
    assert probation_rows(rows) == probation


def test_rows_of_a_window_fall_from_one() -> None:
    """A window of five rows: positions -1, -0.8, ..., -0.2, over the credit at -1."""
    graded = grade(40, [(20, 24)])
    best = 2.0 / (1.0 + math.exp(-5.0)) - 1.0
    by_hand = [(2.0 / (1.0 + math.exp(-5.0 * share)) - 1.0) / best for share in (1.0, 0.8, 0.6, 0.4, 0.2)]
    assert graded.credit[20:25] == pytest.approx(by_hand)
    assert graded.window[[19, 20, 24, 25]].tolist() == [OUTSIDE, 0, 0, OUTSIDE]


def test_false_alarms_cost_less_just_behind_a_window() -> None:
    """Behind a window of five rows a row is a quarter of a width; before the first window every row costs all."""
    graded = grade(60, [(20, 24)])
    assert graded.credit[19] == -1.0
    assert graded.credit[25] == pytest.approx(2.0 / (1.0 + math.exp(1.25)) - 1.0)
    assert graded.credit[36] == -1.0


@pytest.mark.parametrize(("profile", "missed"), [(STANDARD, -1.0), (LOW_FP, -1.0), (LOW_FN, -2.0)])
def test_saying_nothing_is_zero_and_finding_all_at_once_is_a_hundred(profile: Profile, missed: float) -> None:
    """The two ends of the scale, in every profile."""
    graded = grade(100, [(30, 39), (60, 69)])
    silent = raw_score(graded, detections(100), profile)
    perfect = raw_score(graded, detections(100, 30, 60), profile)
    assert (silent, perfect) == pytest.approx((2 * missed, 2.0))
    assert normalised(silent, graded.windows, profile) == 0.0
    assert normalised(perfect, graded.windows, profile) == pytest.approx(100.0)


def test_a_file_is_scored_as_by_hand() -> None:
    """One window found at its middle, one missed, two false alarms far off: 0.8598 - 1 - 2 x 0.11."""
    graded = grade(200, [(50, 59), (150, 159)])
    raw = raw_score(graded, detections(200, 40, 55, 57, 120), STANDARD)
    half = (2.0 / (1.0 + math.exp(-2.5)) - 1.0) / (2.0 / (1.0 + math.exp(-5.0)) - 1.0)
    assert raw == pytest.approx(half - 1.0 - 2 * 0.11)
    assert normalised(raw, 2, STANDARD) == pytest.approx(100.0 * (raw + 2.0) / 4.0)


def test_the_probation_earns_and_costs_nothing() -> None:
    """Detections in the first 15 rows of a hundred count for nothing, and a window that lies there is none."""
    graded = grade(100, [(2, 8), (50, 59)])
    assert graded.windows == 1
    assert raw_score(graded, detections(100, *range(15), 50), STANDARD) == pytest.approx(1.0)


def test_the_best_threshold_is_one_for_all_files() -> None:
    """Scores 3 (window) and 2 (false alarm) in one file, 2 (window) in another: 2 pays, though it costs a false alarm."""
    first, second = grade(100, [(50, 59)]), grade(100, [(50, 59)])
    scores = [np.zeros(100), np.zeros(100)]
    scores[0][50], scores[0][30], scores[1][50] = 3.0, 2.0, 2.0
    threshold, raw = best_threshold([(first, scores[0]), (second, scores[1])], STANDARD)
    assert threshold == 2.0
    assert raw == pytest.approx(2.0 - 0.11)
    assert raw == pytest.approx(
        raw_score(first, scores[0] >= threshold, STANDARD) + raw_score(second, scores[1] >= threshold, STANDARD)
    )


def test_when_every_threshold_costs_more_than_it_earns_none_is_best() -> None:
    """A file without windows, or with scores of noise alone, is best left alone."""
    threshold, raw = best_threshold([(grade(100, []), np.ones(100))], STANDARD)
    assert (threshold, raw) == (math.inf, 0.0)
    assert normalised(raw, 0, STANDARD) is None
