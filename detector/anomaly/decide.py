"""The deciding organ: thresholds, limits and rules turn rarity into scores, and scores into episodes.

In: `Rows`, their `Forecast`, their `Nonconformity`. Out: a `Decision` for every row.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.episode import LANES, Episodes, Lane, Turns
from detector.anomaly.limits import Limits
from detector.anomaly.peaks import Reference
from detector.anomaly.score import Nonconformity
from detector.anomaly.storms import Storms
from detector.anomaly.streams import Stream
from detector.anomaly.stuck import StuckRule
from detector.anomaly.threshold import Thresholds
from detector.domain import Kind
from detector.settings import Budget
from detector.state.rows import Floats, Forecast, Mask, Rows

KINDS = (Kind.RESIDUAL, Kind.NOISE, Kind.LEVEL_SHIFT, Kind.STUCK, Kind.RANGE)
"""Kinds by their code in the episode block; the first three are the streams in their order."""

BUDGETED = [Lane.LEARNT, Lane.STUCK]
"""Lanes whose alerts the budget pays for; what the operator wrote is not held back by it."""

STUCK, RANGE = KINDS.index(Kind.STUCK), KINDS.index(Kind.RANGE)

BELOW_THRESHOLD = 0.999
"""Highest score of what may not open an alert."""

FAR_OUT = 0.1
"""Share of the range's width beyond it at which being out of range is critical."""


@dataclass(frozen=True, eq=False, slots=True)
class Decision:
    """What was decided on each row. Shapes: (B,), strength (B, LANES)."""

    score: Floats
    threshold: Floats
    anomalous: NDArray[np.int8]
    strength: Floats
    """How strong each lane is; 1.0 is its threshold."""
    turns: Turns
    suspect: Mask
    """Rows from which nothing should be learnt in full."""


class Decider:
    """Thresholds, limits, the stuck rule and the episodes of every channel."""

    def __init__(self, budget: Budget) -> None:
        """Hold `budget`."""
        self.thresholds = Thresholds(budget, Reference.of_p_values(1), np.ones(1))
        self.storms = Storms(budget)
        self.limits = Limits()
        self.stuck = StuckRule()
        self.episodes = Episodes()

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for organ in (self.thresholds, self.storms.block, self.limits.block, self.stuck.block, self.episodes.block):
            organ.grow(channels)

    def reconfigure(self, budget: Budget) -> None:
        """Hold another budget from now on."""
        self.thresholds.reconfigure(budget)
        self.storms.budget = budget

    def decide(
        self, rows: Rows, forecast: Forecast, strange: Nonconformity, cadence_s: Floats, scored: Mask
    ) -> Decision:
        """Judge every row; `scored` rows have left calibration, the others only meet the rules."""
        threshold = self.thresholds.current(rows)[:, 0]
        deviation = _deviation(rows, forecast, strange)
        score = strange.rarity / threshold
        score = np.where(self.limits.matters(rows.slots, deviation), score, np.minimum(score, BELOW_THRESHOLD))
        outside = self.limits.outside(rows)
        run_strength, run_began = self.stuck.step(rows, cadence_s)
        strength = np.zeros((len(rows.slots), LANES))
        strength[:, Lane.LEARNT] = np.where(scored, score, 0.0)
        strength[:, Lane.STUCK] = np.where(scored, run_strength, 0.0)
        strength[:, BUDGETED] = self._without_storms(rows, strength[:, BUDGETED])
        strength[:, Lane.RANGE] = self._range_strength(rows, outside)
        turns = self.episodes.step(rows, strength, _onsets(rows, run_began), _kinds(strange))
        opened = turns.opened[:, BUDGETED]
        self.thresholds.learn(rows, strange.rarity[:, None], scored[:, None], opened, cadence_s)
        beyond = np.where(scored & (score >= 1.0), np.sign(deviation), 0).astype(np.int8)
        anomalous = np.where(outside != 0, outside, beyond).astype(np.int8)
        suspect = np.any((strength >= 1.0) | self.episodes.block.open[rows.slots], axis=1)
        return Decision(score, threshold, anomalous, strength, turns, suspect)

    def _without_storms(self, rows: Rows, strength: Floats) -> Floats:
        """Return strengths (B, budgeted lanes) below 1 where an episode would open and the device has had too many."""
        opens = (strength >= 1.0) & ~self.episodes.block.open[rows.slots][:, BUDGETED]
        wanted: Mask = np.any(opens, axis=1)
        admitted = self.storms.admit(self.thresholds.block.device[rows.slots], rows.at_us, wanted)
        return np.where(opens & ~admitted[:, None], BELOW_THRESHOLD, strength)

    def _range_strength(self, rows: Rows, outside: NDArray[np.int8]) -> Floats:
        """Return how far out of range each row is: 0 within, 1.25 (a warning) outside, 2 (critical) far outside."""
        low, high = self.limits.block.low[rows.slots], self.limits.block.high[rows.slots]
        away = np.where(outside > 0, rows.values - high, np.where(outside < 0, low - rows.values, 0.0))
        limited = outside != 0
        width = np.where(limited, high - low, 1.0)
        return np.where(limited, np.where(away > FAR_OUT * width, 2.0, 1.25), 0.0)


def _deviation(rows: Rows, forecast: Forecast, strange: Nonconformity) -> Floats:
    """Return the deviation that made the row strange: from the usual level, or else from the forecast."""
    from_usual = strange.dominant == Stream.LEVEL
    return np.where(from_usual, strange.view.away * forecast.spread, rows.values - forecast.expected)


def _onsets(rows: Rows, run_began: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the earliest onset of each lane: the reading itself, or the start of the run. Shape (B, LANES)."""
    onsets = np.repeat(rows.at_us[:, None], LANES, axis=1)
    onsets[:, Lane.STUCK] = run_began
    return onsets


def _kinds(strange: Nonconformity) -> NDArray[np.int8]:
    """Return the kind each lane would open with. Shape (B, LANES)."""
    kinds = np.empty((len(strange.dominant), LANES), np.int8)
    kinds[:, Lane.LEARNT], kinds[:, Lane.STUCK], kinds[:, Lane.RANGE] = strange.dominant, STUCK, RANGE
    return kinds
