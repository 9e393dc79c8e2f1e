"""T2 and Q of a device: how far its channels together are from what its first observations were, and off their plane.

In: rows and their devices. Out: a rarity for each row, the same for all rows of a device. Limits are fitted once and stay.
Source: Hotelling 1947; Jackson and Mudholkar 1979, "Control procedures for residuals associated with principal component
analysis"; share of variance, median and level as in the Skoltech benchmark's contender of that name.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from detector.anomaly.tails import RAREST
from detector.state.rows import Floats, Rows, Slots

TRAINING_ROWS: Final = 400
EXPLAINED: Final = 0.85
SMOOTHED: Final = 5
"""Observations over whose median is judged."""

LEVEL_Z, LEVEL_RARITY = 3.09, 3.0
"""Where the limits lie: p = 0.001."""


class _Plane(NamedTuple):
    """What is usual. Shapes: C channels that move, K components that are kept."""

    kept: Slots
    mean: Floats
    deviation: Floats
    axes: Floats
    """(C, K)"""
    sizes: Floats
    """Variance along each axis, (K,)."""
    limits: tuple[float, float]
    """Of T2 and Q; infinite where nothing lies off the plane."""

    def excess(self, observation: Floats) -> float:
        """Return T2 or Q in limits, whichever is more."""
        away = (observation[self.kept] - self.mean) / self.deviation
        along = away @ self.axes
        off = float((away**2).sum() - (along**2).sum())
        return max(float((along**2 / self.sizes).sum()) / self.limits[0], off / self.limits[1])


class _Chart:
    """One device."""

    def __init__(self) -> None:
        """Know no channel."""
        self._channels: dict[int, int] = {}
        self._values: list[float] = []
        self._training: list[list[float]] = []
        self._plane: _Plane | None = None
        self._excesses: deque[float] = deque(maxlen=SMOOTHED)

    def see(self, slots: Sequence[int], values: Sequence[float]) -> float:
        """Take new values of some channels; return the median excess of the last observations, 0 in training."""
        for slot, value in zip(slots, values, strict=True):
            place = self._channels.setdefault(slot, len(self._values))
            self._values[place : place + 1] = [value]
        if self._plane is None:
            self._training.append(list(self._values))
            if len(self._training) == TRAINING_ROWS:
                width = len(self._training[-1])
                self._plane = fit_plane(np.array([row for row in self._training if len(row) == width]))
            return 0.0
        self._excesses.append(self._plane.excess(np.array(self._values)))
        return sorted(self._excesses)[len(self._excesses) // 2]


class Hotelling:
    """A chart for each device."""

    def __init__(self) -> None:
        """Know no device."""
        self._charts: dict[int, _Chart] = {}

    def rarity(self, rows: Rows, devices: Slots, _z: Floats) -> Floats:
        """Return how rare the observation of each row's device is, about linear in the excess. Shapes: (B,)."""
        rarity = np.zeros(len(devices))
        for device in np.unique(devices).tolist():
            own = np.flatnonzero(devices == device)
            chart = self._charts.setdefault(device, _Chart())
            excess = chart.see(rows.slots[own].tolist(), rows.values[own].tolist())
            rarity[own] = min(LEVEL_RARITY * excess, RAREST)
        return rarity


def fit_plane(training: Floats) -> _Plane:
    """Return the plane of most of the variance, and the limits. Shape: (T, C)."""
    deviation = training.std(axis=0)
    kept = np.flatnonzero(deviation > 0.0)
    mean, deviation = training[:, kept].mean(axis=0), deviation[kept]
    sizes, axes = np.linalg.eigh(np.atleast_2d(np.cov((training[:, kept] - mean) / deviation, rowvar=False)))
    sizes, axes = sizes[::-1], axes[:, ::-1]
    count = int(np.searchsorted(np.cumsum(sizes) / sizes.sum(), EXPLAINED)) + 1
    limits = _chi_square_limit(count), _off_plane_limit(np.maximum(sizes[count:], 0.0))
    return _Plane(kept, mean, deviation, axes[:, :count], sizes[:count], limits)


def _chi_square_limit(freedom: int) -> float:
    """Return the limit of T2. Source: Wilson and Hilferty 1931, the cube root is nearly normal."""
    spread = 2.0 / (9.0 * freedom)
    return float(freedom * (1.0 - spread + LEVEL_Z * math.sqrt(spread)) ** 3)


def _off_plane_limit(sizes: Floats) -> float:
    """Return the limit of Q from the variances off the plane. Source: Jackson and Mudholkar 1979, equation 3.4."""
    first, second, third = (float((sizes**power).sum()) for power in (1, 2, 3))
    if third <= 0.0:
        return math.inf
    h = 1.0 - 2.0 * first * third / (3.0 * second**2)
    inner = LEVEL_Z * math.sqrt(2.0 * second * h**2) / first + 1.0 + second * h * (h - 1.0) / first**2
    return float(first * inner ** (1.0 / h))
