"""The deciding organ: thresholds, limits and rules turn strangeness into scores, and scores into episodes.

In: `Rows`, their `Forecast`, the organs' `Judgement`. Out: a `Decision` for every row.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.clipping import ClippingRule
from detector.anomaly.episode import LANES, NONE, Episodes, Lane, Turns
from detector.anomaly.heights import Heights
from detector.anomaly.limits import Limits
from detector.anomaly.organs import CODE, ORGANS, Judgement, Organ
from detector.anomaly.peaks import Assumed, Reference
from detector.anomaly.storms import Storms
from detector.anomaly.stuck import StuckRule
from detector.anomaly.threshold import Shares, Thresholds
from detector.domain import EventTime, Kind
from detector.settings import Budget
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows, Slots
from detector.state.wide import first

SHARES = {
    Organ.OWN: (0.02, 0.6),
    Organ.PEERS: (0.76, 0.0),
    Organ.COUPLING: (0.0, 0.14),
    Organ.NOISE: (0.1, 0.09),
    Organ.SPIKE: (0.07, 0.07),
    Organ.SHIFT: (0.05, 0.1),
}
"""How the organs divide the budget of a channel that is judged by its peers, and of one that is alone."""

PEAKS = {
    Organ.OWN: Assumed(mean=1.0, spread=1.1, skew=1.1, least=3.0, weight=600.0, certainty=40.0),
    Organ.PEERS: Assumed(mean=0.5, spread=0.53, skew=0.8, least=1.0, weight=40.0, certainty=4.0),
    Organ.COUPLING: Assumed(mean=0.8, spread=0.125, skew=0.4, least=1.2, weight=8.0, certainty=12.0),
    Organ.NOISE: Assumed(mean=0.3, spread=0.25, skew=1.2, least=0.6, weight=20.0, certainty=4.0),
    Organ.SPIKE: Assumed(mean=0.3, spread=0.45, skew=2.0, least=1.25, weight=20.0, certainty=4.0),
    Organ.SHIFT: Assumed(mean=0.08, spread=0.35, skew=2.0, least=1.2, weight=60.0, certainty=12.0),
}
"""What is assumed of each organ's peaks. Rounded from clean days of two sites and of the series of a benchmark."""

BY_RULE = slice(int(Lane.STUCK), int(Lane.CLIPPED) + 1)
"""Lanes that rules open, and the budget pays for; what the operator wrote as a range is not held back by it."""

KIND_OF_LANE = np.array([CODE[kind] for kind in (Kind.RESIDUAL, Kind.STUCK, Kind.CLIPPING, Kind.RANGE)], np.int8)
"""The kind that each lane opens with; the learnt one has others as well."""

BELOW_THRESHOLD = 0.999
"""Highest score of what may not open an alert."""

FAR_OUT = 0.1
"""Share of the range's width beyond it at which being out of range is critical."""


class Decision(NamedTuple):
    """What was decided on each row. Shapes: (B,), strength (B, LANES)."""

    score: Floats
    threshold: Floats
    """On the axis of the organ that has most to say."""
    organ: NDArray[np.intp]
    """The `Organ` that has most to say."""
    anomalous: NDArray[np.int8]
    strength: Floats
    """How strong each lane is; 1.0 is its threshold."""
    turns: Turns
    suspect: Mask
    """Rows from which nothing should be learnt in full."""


class Decider:
    """Thresholds, limits, rules and the episodes of every channel."""

    def __init__(self, budget: Budget, peaks: Mapping[Organ, Assumed] = PEAKS) -> None:
        """Hold `budget`; assume `peaks` until there are some."""
        reference = Reference.of(peaks[organ] for organ in Organ)
        in_company, alone = np.array([SHARES[organ] for organ in Organ]).T
        self.thresholds = Thresholds(budget, reference, Shares(in_company, alone, Organ.PEERS))
        self.storms = Storms(budget)
        self.limits = Limits()
        self.stuck = StuckRule()
        self.clipping = ClippingRule()
        self.episodes = Episodes()
        self.heights = Heights()

    def grow(self, channels: int, devices: int) -> None:
        """Make room for new channels and devices."""
        for organ in (self.thresholds, self.limits.block, self.stuck.block, self.clipping.block):
            organ.grow(channels)
        for block in (self.episodes.block, self.heights.block):
            block.grow(channels)
        self.storms.block.grow(devices)

    def join(self, channels: Slots, devices: Slots, kin: NDArray[np.int64]) -> None:
        """Say whose budget new channels share, and with whom their peaks are pooled; kin -1 with nobody. Shapes (C,)."""
        self.thresholds.join(channels, devices, kin)

    def restore(self, devices: Slots, kin: NDArray[np.int64], anew: AbstractSet[str]) -> None:
        """Tell channels of these devices, in slot order, whose `kin` are others than they were; all where a block is `anew`."""
        moved = self.thresholds.peaks.block.pool[: len(kin)] != kin
        if anew & {"thresholds", "peaks"}:
            moved[:] = True
        slots = moved.nonzero()[0]
        self.join(slots, devices[slots], kin[slots])

    def renew(self, hour: EventTime) -> None:
        """Renew what channels share, once an hour of the stream clock."""
        self.thresholds.turn(hour)

    def reconfigure(self, budget: Budget) -> None:
        """Hold another budget from now on."""
        self.thresholds.reconfigure(budget)
        self.storms.budget = budget

    def decide(
        self, rows: Rows, judgement: Judgement, cadence_s: Floats, scored: Mask, behind: Slots = NONE
    ) -> Decision:
        """Judge every row; `scored` (B,) rows have left calibration, the others only meet the limits; `behind` as in `Episodes`."""
        slots, row = rows.slots, np.arange(len(rows.slots))
        known = judgement.known.T & (scored & self.stuck.lived(rows))
        raised = self.thresholds.said.raised(rows).T
        thresholds = self.thresholds.current(rows).T * raised[:ORGANS]
        strangeness = np.where(known, judgement.strangeness.T, 0.0)
        scores, score = self._as_wanted(slots, strangeness / thresholds, judgement.deviation)
        organ, outside = first(scores == score), self.limits.outside(rows)
        strength, onsets = self._rules(rows, cadence_s, scored, outside)
        strength[BY_RULE] /= raised[ORGANS:]
        strength[Lane.LEARNT] = score
        is_open = self.episodes.block.open.take(slots, axis=0)
        by_rule = is_open[:, Lane.STUCK] | is_open[:, Lane.CLIPPED]
        told_by_rule = by_rule.nonzero()[0]  # what comes of that fault is no second one
        strength[Lane.LEARNT, told_by_rule] = np.minimum(score[told_by_rule], BELOW_THRESHOLD)
        goes_on = is_open[:, Lane.LEARNT].nonzero()[0]
        if len(goes_on):
            lasting = np.where(known[:, goes_on], judgement.lasting[goes_on].T, 0.0) / thresholds[:, goes_on]
            _, strength[Lane.LEARNT, goes_on] = self._as_wanted(slots[goes_on], lasting, judgement.deviation[goes_on])
        self._hold_back_storms(rows, strength[Lane.LEARNT], is_open[:, Lane.LEARNT])
        turns = self.episodes.step(rows, strength.T, onsets.T, _kinds(judgement.kind[row, organ]), behind)
        suspect, opened = np.zeros(len(slots), np.bool_), np.zeros((ORGANS, len(slots)), np.bool_)
        suspect[turns.rows] = (strength[:, turns.rows] >= 1.0).any(axis=0)
        stirred = turns.rows[self.episodes.block.stirred[slots[turns.rows]]]
        if len(stirred):
            is_open = self.episodes.block.open[slots[stirred]]
            suspect[stirred] |= is_open.any(axis=1)
            matters = self.limits.matters(slots[stirred], judgement.deviation[stirred].T)
            heights = np.concatenate([np.where(matters, scores[:, stirred], 0.0), strength[BY_RULE][:, stirred]])
            heights *= np.broadcast_to(raised, (len(raised), len(slots)))[:, stirred]
            self.heights.learn(slots[stirred], heights.T, organ[stirred], turns.opened[stirred], is_open)
        began = turns.opened[:, Lane.LEARNT].nonzero()[0]
        opened[organ[began], began] = True
        self.thresholds.learn(rows, strangeness.T, known.T, opened.T)
        self.thresholds.spend(slots, turns.opened[:, Lane.STUCK] | turns.opened[:, Lane.CLIPPED])
        beyond = ((score >= 1.0) & (outside == 0)).nonzero()[0]
        outside[beyond] = np.sign(judgement.deviation[beyond, organ[beyond]])
        return Decision(score, thresholds[organ, row], organ, outside, strength.T, turns, suspect)

    def _as_wanted(self, slots: Slots, scores: Floats, deviation: Floats) -> tuple[Floats, Floats]:
        """Return scores (ORGANS, B) kept below 1 where a deviation (B, ORGANS) is worth no alert, and the highest of each row."""
        score = scores.max(axis=0)
        high = (score > BELOW_THRESHOLD).nonzero()[0]
        if len(high):
            matters = self.limits.matters(slots[high], deviation[high].T)
            wanted = np.where(matters, scores[:, high], np.minimum(scores[:, high], BELOW_THRESHOLD))
            scores[:, high], score[high] = wanted, wanted.max(axis=0)
        return scores, score

    def _rules(
        self, rows: Rows, cadence_s: Floats, scored: Mask, outside: NDArray[np.int8]
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Return how strong each lane of the rules is, and the earliest onset of each lane. Shapes: (LANES, B)."""
        strength, onsets = np.zeros((LANES, len(rows.slots))), np.empty((LANES, len(rows.slots)), np.int64)
        onsets[:] = rows.at_us
        stuck, onsets[Lane.STUCK] = self.stuck.step(rows, cadence_s)
        clipped, _side = self.clipping.step(rows, cadence_s)
        strength[Lane.STUCK], strength[Lane.CLIPPED] = scored * stuck, scored * clipped
        out = outside.nonzero()[0]
        if len(out):
            strength[Lane.RANGE, out] = self._range_strength(rows.values[out], rows.slots[out])
        return strength, onsets

    def _hold_back_storms(self, rows: Rows, strength: Floats, is_open: Mask) -> None:
        """Keep strengths (B,) below 1 where an episode would open and the device has had too many today."""
        wanted = (strength >= 1.0) & ~is_open
        if not np.count_nonzero(wanted):
            return
        admitted = self.storms.admit(self.thresholds.block.device[rows.slots], rows.at_us, wanted)
        strength[wanted & ~admitted] = BELOW_THRESHOLD

    def _range_strength(self, values: Floats, slots: Slots) -> Floats:
        """Return how strong being out of range is (C,): 1.25, a warning, or 2, critical, where it is far outside."""
        low, high = self.limits.block.low[slots], self.limits.block.high[slots]
        away = np.maximum(values - high, low - values)
        return np.where(away > FAR_OUT * (high - low), 2.0, 1.25)

    def blocks(self) -> dict[str, Block]:
        """Return what is remembered, by name."""
        return {
            "thresholds": self.thresholds.block,
            "peaks": self.thresholds.peaks.block,
            "pools": self.thresholds.peaks.pools,
            "storms": self.storms.block,
            "limits": self.limits.block,
            "stuck": self.stuck.block,
            "clipping": self.clipping.block,
            "episodes": self.episodes.block,
            "heights": self.heights.block,
            "feedback": self.thresholds.said.block,
        }


def _kinds(learnt: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the kind each lane would open with. Shape (B, LANES)."""
    kinds = np.empty((len(learnt), LANES), np.int8)
    kinds[:], kinds[:, Lane.LEARNT] = KIND_OF_LANE, learnt
    return kinds
