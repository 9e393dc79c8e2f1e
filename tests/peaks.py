"""A reference of peaks for tests: that of independent p-values, five minutes apart."""

import numpy as np

from detector.anomaly.peaks import Assumed, Reference

GUMBEL_SKEW = 1.14
"""Skew of the largest of many."""

WEIGHT = 8.0
"""Quarters that the reference is worth, and as certain as."""


def reference(lanes: int) -> Reference:
    """Return the law of the largest of 72 independent -log10 p, for every lane: a Gumbel law."""
    decade = np.log(10.0)
    mean = (np.log(72.0) + np.euler_gamma) / decade
    laws = (mean, np.pi / np.sqrt(6.0) / decade, GUMBEL_SKEW, 0.5 * mean, WEIGHT, WEIGHT)
    return Reference.of([Assumed(*laws)] * lanes)
