"""What a false alarm would have spared people: alerts that were told, held against the thresholds that it makes.

In: the heights of the alert in question and of those of the past. Out: how many would not have been told. Heights are held
against thresholds as they were at their time, so this is what would have been, not a replay.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from detector.anomaly.feedback import raises
from detector.anomaly.heights import SOURCES
from detector.domain import Height
from detector.state.rows import Floats


class Past(NamedTuple):
    """One alert that was told."""

    heights: tuple[Height, ...]
    """None of what is no matter of thresholds."""
    confirmed: bool


class Hindsight(NamedTuple):
    """What would have been."""

    told: int
    """Alerts that were told."""
    spared: int
    """Those that would not have been."""
    missed: int
    """Those of them that people had confirmed."""


def hindsight(false: tuple[Height, ...], past: Iterable[Past]) -> Hindsight:
    """Return what a false alarm of these heights would have made of the alerts of its channel."""
    factors, alerts = raises(false), list(past)
    spared = [one for one in alerts if is_spared(one.heights, factors)]
    return Hindsight(len(alerts), len(spared), sum(one.confirmed for one in spared))


def is_spared(heights: tuple[Height, ...], factors: Floats) -> bool:
    """Tell whether an alert would not have been told, had thresholds been raised by these factors (SOURCES,)."""
    limits = dict(zip(SOURCES, np.asarray(factors).tolist(), strict=True))
    return bool(heights) and all(one.strength < limits.get(one.source, 1.0) for one in heights)
