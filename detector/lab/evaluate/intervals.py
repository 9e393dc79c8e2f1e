"""How sure a figure is: 95 % confidence intervals of shares, and of ratios over streams.

In: counts, or what each stream adds to a ratio. Out: the ends of the interval. Pure; the same streams give the same ends.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

CONFIDENCE_Z: Final = 1.96
"""Standard deviations of a 95 % interval."""

RESAMPLES: Final = 2000

Interval = tuple[float, float]


def wilson(found: int, tried: int) -> Interval:
    """Return the 95 % confidence interval of a share. Source: Wilson 1927, the score interval."""
    if tried == 0:
        return 0.0, 1.0
    share, z2 = found / tried, CONFIDENCE_Z**2
    centre = share + z2 / (2 * tried)
    half = CONFIDENCE_Z * math.sqrt(share * (1.0 - share) / tried + z2 / (4 * tried**2))
    return max((centre - half) / (1.0 + z2 / tried), 0.0), min((centre + half) / (1.0 + z2 / tried), 1.0)


def over_streams(numerators: Sequence[float], denominators: Sequence[float]) -> Interval | None:
    """Return the 95 % interval of the ratio of two sums, had other streams of this kind been recorded; None if it has none.

    What belongs to one stream stays together, because its alerts and its luck hang together.
    Source: Efron and Tibshirani 1993, the percentile bootstrap (section 13.3), streams as the units that are drawn.
    """
    upper, lower = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    drawn = np.random.default_rng(0).integers(0, len(upper), (RESAMPLES, len(upper))) if len(upper) else None
    if drawn is None or not lower.sum() > 0.0:
        return None
    below = lower[drawn].sum(axis=1)
    ratios = upper[drawn].sum(axis=1)[below > 0.0] / below[below > 0.0]
    low, high = np.quantile(ratios, (0.025, 0.975)).tolist()
    return low, high
