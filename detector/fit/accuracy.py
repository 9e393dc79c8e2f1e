"""How far the forecasts are off, against saying that nothing changes.

In: the numpy network, as it will serve, and sequences. Out: for each sequence the sum of absolute residuals
relative to the last value's; below 1 the network helps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.fit.dataset import Sequences
from detector.forecast.network import Network


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


def forecast_ratio(network: Network, sequences: Sequences) -> ForecastRatio:
    """Return how the network's forecasts compare with the last value."""
    residual = np.abs(sequences.target - locations(network, sequences.features))
    ours = np.where(sequences.counted, residual, 0.0).sum(axis=1)
    theirs = np.where(sequences.counted, np.abs(sequences.target), 0.0).sum(axis=1, dtype=np.float64)
    changes = theirs > 0.0
    ratios = ours[changes] / theirs[changes]
    if not len(ratios):  # nothing ever changes: the last value is perfect
        return ForecastRatio(1.0, 1.0, 0.0, 0)
    pooled = ours.sum() / theirs.sum()
    return ForecastRatio(float(np.median(ratios)), float(pooled), float(np.mean(ratios < 1.0)), len(ratios))


def locations(network: Network, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the forecast of every step, from an empty state. Shapes: features (B, T, F); returns (B, T)."""
    rows, steps, _ = features.shape
    state = np.zeros((rows, network.cell.width), dtype=np.float32)
    forecasts = np.empty((rows, steps))
    for step in range(steps):
        state, forecast = network.step(np.ascontiguousarray(features[:, step]), state)
        forecasts[:, step] = forecast.location
    return forecasts
