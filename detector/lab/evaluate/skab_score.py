"""The scoring of the Skoltech anomaly benchmark (SKAB): alarms row by row, and change points found in time.

In: for each file what is true and what was said of its rows. Out: F1, false and missed alarm rates, and the change point
score, 100 for a perfect detector, 0 for one that says nothing. Pure.
Source: Katser and Kozitsin 2020, "Skoltech anomaly benchmark", and its leaderboard's code: rows of all files counted
together; NAB's weights, a window of 60 s behind each change point, and a hyperbolic tangent in place of NAB's sigmoid.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detector.domain import MICROSECONDS
from detector.lab.evaluate.nab_score import Profile
from detector.state.rows import Floats, Mask

WINDOW: Final = 60 * MICROSECONDS
"""A change point counts as found so long after it."""

GRAINS: Final = 1000
"""Steps into which a window's credit is cut."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """Rows by what they are and what was said of them."""

    true_alarms: int = 0
    false_alarms: int = 0
    missed: int = 0
    silent: int = 0
    """Rows of which rightly nothing was said."""

    def __add__(self, other: "Alarms") -> "Alarms":
        """Count two together."""
        return Alarms(
            self.true_alarms + other.true_alarms,
            self.false_alarms + other.false_alarms,
            self.missed + other.missed,
            self.silent + other.silent,
        )

    @property
    def f1(self) -> float | None:
        """Return the F1 score; None where there is nothing to find and nothing was said."""
        whole = self.true_alarms + (self.false_alarms + self.missed) / 2.0
        return self.true_alarms / whole if whole else None

    @property
    def false_rate(self) -> float | None:
        """Return the false alarm rate, per cent of the ordinary rows."""
        return _per_cent(self.false_alarms, self.false_alarms + self.silent)

    @property
    def missed_rate(self) -> float | None:
        """Return the missed alarm rate, per cent of the anomalous rows."""
        return _per_cent(self.missed, self.missed + self.true_alarms)


def alarms_of(anomalous: Mask, told: Mask) -> Alarms:
    """Return the counts of one file. Shapes (T,): what is true, and what was said."""
    return Alarms(
        int((anomalous & told).sum()),
        int((~anomalous & told).sum()),
        int((anomalous & ~told).sum()),
        int((~anomalous & ~told).sum()),
    )


def turns_of(told: Mask) -> Mask:
    """Return the rows at which an alarm begins, and those at which it has ended: the change points that it tells of. Shape (T,)."""
    return np.diff(told, prepend=False)


def change_point_score(at_us: Floats, changes: Mask, told: Mask, profile: Profile) -> float:
    """Return the raw score of one file: the credit of each window's first change point told, or its loss, and false ones.

    Shapes (T,): event times in order, true change points, change points told.
    """
    windows = _windows(at_us[changes].tolist())
    said = at_us[told]
    score, outside = 0.0, np.ones(len(said), np.bool_)
    for begin, end in windows:
        within = (said >= begin) & (said <= end)
        outside &= ~within
        share = (float(said[within][0]) - begin) / (end - begin) if within.any() else None
        score += -profile.false_negative if share is None else _credit(share, profile)
    return score - profile.false_positive * float(outside.sum())


def _windows(changes: Sequence[float]) -> list[tuple[float, float]]:
    """Return the window behind each change point; one that would begin within the last begins at its end."""
    windows: list[tuple[float, float]] = []
    for change in changes:
        windows.append((max(change, windows[-1][1]) if windows else change, change + WINDOW))
    return windows


def _credit(share: float, profile: Profile) -> float:
    """Return what a change point told at this share of its window earns: 1 at once, down to a false alarm's cost."""
    grain = min(int(share * GRAINS), GRAINS - 1)
    angle = -math.pi / 2.0 + math.pi * grain / (GRAINS - 1)
    half = (1.0 + profile.false_positive) / 2.0
    return half - half * math.tanh(angle) / math.tanh(math.pi / 2.0) - profile.false_positive


def _per_cent(part: int, whole: int) -> float | None:
    """Return a share in per cent; None of nothing."""
    return 100.0 * part / whole if whole else None
