"""The law of a quarter's peak: which level a channel's strangest moment of six hours exceeds with a given chance.

In: mean, spread and skew of peaks on an axis like a logarithm. Out: levels. As with floods: peaks of blocks are fitted by
moments, and the skew, which no short record gives, is borrowed from the region.
"""

from dataclasses import dataclass

import numpy as np

from detector.state.rows import Floats

RAREST = 1e-12
"""No level is asked for beyond this chance."""

FLATTEST, STEEPEST = -0.5, 2.0
"""Skews that are believed: nearly bounded, and exponential."""

DEPENDENCE = 4.0
"""Quarters that tell as much as one independent peak: those of a day hang together."""


@dataclass(frozen=True, eq=False, slots=True)
class PeakLaw:
    """How a quarter's peaks are spread. Shapes: any that broadcast against each other."""

    mean: Floats
    spread: Floats
    """Standard deviation; never zero."""
    skew: Floats
    weight: Floats
    """Quarters behind it."""

    def level(self, chance: Floats) -> Floats:
        """Return the level that a quarter's peak exceeds with `chance`; it never falls as the chance does.

        What is not certain about the law counts as further spread, so that little knowledge means caution.
        Source: Pearson III by the Wilson-Hilferty frequency factor, on logarithms, as in Bulletin 17B (Interagency
        Advisory Committee on Water Data 1982, appendix 3).
        """
        normal = _normal_quantile(np.clip(chance, RAREST, 0.5))
        normal = normal * np.sqrt(1.0 + DEPENDENCE * (1.0 + normal**2 / 2.0) / self.weight)
        skew = np.where(np.abs(self.skew) < 0.01, 0.01, np.clip(self.skew, FLATTEST, STEEPEST))
        bent = np.maximum(1.0 + skew * normal / 6.0 - skew**2 / 36.0, 0.0)
        level: Floats = self.mean + self.spread * (2.0 / skew) * (bent**3 - 1.0)
        return level


def skewness(mean: Floats, variance: Floats, third: Floats) -> Floats:
    """Return the skew of what has these moments, the second and third about the mean; 0 where nothing varies. Any shape."""
    varies = variance > np.maximum(1e-9 * mean**2, 1e-100)  # below, its powers are nothing
    skew: Floats = np.where(varies, third / np.where(varies, variance, 1.0) ** 1.5, 0.0)
    return np.clip(skew, -STEEPEST, STEEPEST)


def _normal_quantile(chance: Floats) -> Floats:
    """Return what a standard normal exceeds with `chance` of at most a half, to 0.0005.

    Source: Abramowitz and Stegun 1964, 26.2.23.
    """
    far = np.sqrt(-2.0 * np.log(chance))
    above = 2.515517 + far * (0.802853 + far * 0.010328)
    below = 1.0 + far * (1.432788 + far * (0.189269 + far * 0.001308))
    return np.maximum(far - above / below, 0.0)
