"""How far the forecasts are off, against saying that nothing changes.

In: the numpy network and series. Out: for each series the sum of absolute residuals relative to the last value's,
one reading at a time through the daemon's own code; below 1 the forecasts help.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.fit.dataset import MEMORY_S, TARGET_LIMIT, WARM_UP_READINGS
from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network
from detector.forecast.series import Series
from detector.forecast.walk import walk
from detector.settings import HeadKind


@dataclass(frozen=True, slots=True)
class ForecastRatio:
    """Sum of |x - expected| over sum of |x - last|, both in step units, differences cut at 30 of them."""

    median: float
    """Over the series."""
    pooled: float
    """Over all readings."""
    better: float
    """Share of the series below 1."""
    series: int
    """Series that were compared: those that ever change."""


def compare(network: Network, series: Sequence[Series]) -> dict[str, ForecastRatio]:
    """Return the ratio of every forecaster worth a row of a table, the simplest first."""
    return {
        "autoregression": forecast_ratio(Network.blank(network.features), series, HeadKind.RLS),
        "network": forecast_ratio(network, series, HeadKind.NONE),
        "network, lms": forecast_ratio(network, series, HeadKind.LMS),
        "network, rls": forecast_ratio(network, series, HeadKind.RLS),
    }


def forecast_ratio(network: Network, series: Sequence[Series], head: HeadKind) -> ForecastRatio:
    """Return how the forecasts of `network` with heads of this kind compare with the last value."""
    ours, theirs = np.zeros(len(series)), np.zeros(len(series))
    for rows, forecast, last in walk(Forecaster(network, MEMORY_S, head), series):
        slots, counted = rows.slots, forecast.steps_seen >= WARM_UP_READINGS
        change = np.clip((rows.values - last) / forecast.unit, -TARGET_LIMIT, TARGET_LIMIT)
        ours[slots] += np.where(counted, np.abs(change - (forecast.expected - last) / forecast.unit), 0.0)
        theirs[slots] += np.where(counted, np.abs(change), 0.0)
    changes = theirs > 0.0
    ratios = ours[changes] / theirs[changes]
    if not len(ratios):  # nothing ever changes: the last value is perfect
        return ForecastRatio(1.0, 1.0, 0.0, 0)
    pooled = ours.sum() / theirs.sum()
    return ForecastRatio(float(np.median(ratios)), float(pooled), float(np.mean(ratios < 1.0)), len(ratios))
