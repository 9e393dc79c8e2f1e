"""Law: a smaller budget never lowers a threshold, so it never adds an exceedance."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.anomaly.peaks import QUARTER_S
from detector.anomaly.threshold import Shares, Thresholds
from detector.settings import Budget, BudgetScope
from tests.peaks import reference
from tests.rows import rows


def _lived(budget: Budget, peaks: NDArray[np.float64], opened: NDArray[np.bool_]) -> Thresholds:
    """Return thresholds of channels with a reading, and perhaps an alert, in each quarter: (Q, N)."""
    subject = Thresholds(budget, reference(2), Shares(np.array([0.7, 0.3]), np.array([0.7, 0.3]), 0))
    subject.grow(peaks.shape[1])
    known = np.full((peaks.shape[1], 2), True)
    for quarter, (peak, alerts) in enumerate(zip(peaks, opened, strict=True)):
        row = rows(peak, gap_s=QUARTER_S, step=quarter)
        subject.learn(row, np.stack([peak, peak / 2], axis=1), known, np.stack([alerts, alerts & False], axis=1))
    return subject


@given(
    st.floats(0.01, 100.0),
    st.floats(1.0, 50.0),
    st.floats(3600.0, 3e6),
    st.lists(st.floats(0.0, 40.0), min_size=1, max_size=40),
)
def test_the_threshold_rises_as_the_budget_shrinks(
    alerts: float, times: float, period_s: float, peaks: list[float]
) -> None:
    """At equal history, fewer alerts allowed means thresholds at least as high, in every lane."""
    history = np.array(peaks)[:, None]
    lax, strict = (
        _lived(Budget(allowed, BudgetScope.DEVICE, period_s), history, history < 0.0)
        for allowed in (alerts * times, alerts)
    )
    for subject in (lax, strict):  # what an unused budget has saved up is another matter
        subject.block.pressure[:] = 0.0
        subject.turn(lax.block.at_us[0])
    assert (strict.block.threshold >= lax.block.threshold).all()


@given(st.lists(st.tuples(st.floats(0.0, 40.0), st.booleans()), min_size=1, max_size=60))
def test_an_alert_makes_the_next_one_harder(story: list[tuple[float, bool]]) -> None:
    """With the same peaks, a channel with alerts never has a lower threshold than one without, and both are finite."""
    peaks, opened = np.array([peak for peak, _ in story]), np.array([[one, False] for _, one in story])
    subject = _lived(Budget(1.0, BudgetScope.DEVICE, 604_800.0), np.stack([peaks, peaks], axis=1), opened)
    alarming, calm = subject.block.threshold[:2]
    assert np.isfinite(alarming).all()
    assert (alarming >= calm - 1e-9).all()
