"""Law: a smaller budget never lowers a threshold, so it never adds an exceedance."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.anomaly.threshold import Thresholds
from detector.settings import Budget, BudgetScope
from detector.state.rows import Rows


def _rows(gap_s: float, siblings: int = 1) -> Rows:
    """Return three rows of three channels."""
    three = np.full(3, gap_s)
    return Rows(np.arange(3), three, np.arange(3), three, np.full(3, siblings), np.full(3, siblings))


@given(st.floats(0.01, 100.0), st.floats(1.0, 50.0), st.floats(3600.0, 3e6), st.floats(0.01, 1e5), st.integers(1, 40))
def test_the_threshold_rises_as_the_budget_shrinks(
    alerts: float, times: float, period_s: float, cadence_s: float, sharers: int
) -> None:
    """At equal cadence and history, fewer alerts allowed means a threshold at least as high."""
    cadences = np.full(3, cadence_s)
    levels = []
    for allowed in (alerts * times, alerts):
        thresholds = Thresholds(Budget(allowed, BudgetScope.DEVICE, period_s))
        thresholds.block.grow(3)
        levels.append(thresholds.current(_rows(1.0, sharers), cadences))
    assert (levels[1] >= levels[0]).all()


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.floats(1.0, 1e6))
def test_an_alert_makes_the_next_one_harder(opened: list[bool], gap_s: float) -> None:
    """Any history of alerts keeps the threshold's pressure within its bounds; an alert never lowers it."""
    thresholds = Thresholds(Budget(1.0, BudgetScope.DEVICE, 604_800.0))
    thresholds.block.grow(3)
    for one in opened:
        before = thresholds.block.pressure[:3].copy()
        thresholds.learn(_rows(gap_s), np.array([one, False, False]))
        after = thresholds.block.pressure[:3]
        assert (np.abs(after) <= 6.0).all()
        assert after[0] >= before[0] if one and gap_s < 604_800.0 else after[1] <= before[1]
