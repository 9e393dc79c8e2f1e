"""The deciding organ: thresholds, limits and rules turn strangeness into scores, and scores into episodes.

In: `Rows`, their `Forecast`, the organs' `Judgement`. Out: a `Decision` for every row.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

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

BY_RULE = [Lane.STUCK, Lane.CLIPPED]
"""Lanes that rules open, and the budget pays for; what the operator wrote as a range is not held back by it."""

BELOW_THRESHOLD = 0.999
"""Highest score of what may not open an alert."""

FAR_OUT = 0.1
"""Share of the range's width beyond it at which being out of range is critical."""


@dataclass(frozen=True, eq=False, slots=True)
class Decision:
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
        slots, known = rows.slots, judgement.known & (scored & self.stuck.lived(rows))[:, None]
        raised = self.thresholds.said.raised(rows)
        thresholds = self.thresholds.current(rows) * raised[:, :ORGANS]
        highest = np.where(self.limits.matters(slots[:, None], judgement.deviation), np.inf, BELOW_THRESHOLD)
        scores, lasting = (
            np.minimum(np.where(known, axis, 0.0) / thresholds, highest)
            for axis in (judgement.strangeness, judgement.lasting)
        )
        row, organ = np.arange(len(slots)), scores.argmax(axis=1)
        score, deviation = scores[row, organ], judgement.deviation[row, organ]
        strength, onsets = self._rules(rows, cadence_s, scored)
        strength[:, BY_RULE] /= raised[:, ORGANS:]
        open_already = self.episodes.block.open.take(slots, axis=0)
        told_by_rule = open_already[:, BY_RULE].any(axis=1)  # what comes of that fault is no second one
        fresh = np.where(told_by_rule, np.minimum(score, BELOW_THRESHOLD), score)
        strength[:, Lane.LEARNT] = np.where(open_already[:, Lane.LEARNT], lasting.max(axis=1), fresh)
        strength[:, Lane.LEARNT] = self._without_storms(rows, strength[:, Lane.LEARNT])
        turns = self.episodes.step(rows, strength, onsets, _kinds(judgement.kind[row, organ]), behind)
        is_open = self.episodes.block.open.take(slots, axis=0)
        if is_open.any():
            opening = np.where(highest > 1.0, scores, 0.0)
            self.heights.learn(slots, np.column_stack([opening, strength[:, BY_RULE]]) * raised, organ, turns, is_open)
        by_organ = turns.opened[:, [Lane.LEARNT]] & (organ[:, None] == np.arange(ORGANS))
        self.thresholds.learn(rows, judgement.strangeness, known, by_organ)
        self.thresholds.spend(slots, np.any(turns.opened[:, BY_RULE], axis=1))
        beyond, outside = np.where(score >= 1.0, np.sign(deviation), 0), self.limits.outside(rows)
        anomalous = np.where(outside != 0, outside, beyond).astype(np.int8)
        suspect = np.any((strength >= 1.0) | is_open, axis=1)
        return Decision(score, thresholds[row, organ], organ, anomalous, strength, turns, suspect)

    def _rules(self, rows: Rows, cadence_s: Floats, scored: Mask) -> tuple[Floats, NDArray[np.int64]]:
        """Return how strong each lane of the rules is, and the earliest onset of each lane. Shapes: (B, LANES)."""
        stuck, run_began = self.stuck.step(rows, cadence_s)
        clipped, _side = self.clipping.step(rows, cadence_s)
        strength, onsets = np.zeros((len(rows.slots), LANES)), np.repeat(rows.at_us[:, None], LANES, axis=1)
        strength[:, Lane.STUCK] = np.where(scored, stuck, 0.0)
        strength[:, Lane.CLIPPED] = np.where(scored, clipped, 0.0)
        strength[:, Lane.RANGE] = self._range_strength(rows)
        onsets[:, Lane.STUCK] = run_began
        return strength, onsets

    def _without_storms(self, rows: Rows, strength: Floats) -> Floats:
        """Return strengths (B,) below 1 where an episode would open and the device has had too many today."""
        wanted = (strength >= 1.0) & ~self.episodes.block.open[rows.slots, Lane.LEARNT]
        admitted = self.storms.admit(self.thresholds.block.device[rows.slots], rows.at_us, wanted)
        return np.where(wanted & ~admitted, BELOW_THRESHOLD, strength)

    def _range_strength(self, rows: Rows) -> Floats:
        """Return how far out of range each row is: 0 within, 1.25 (a warning) outside, 2 (critical) far outside."""
        outside = self.limits.outside(rows)
        low, high = self.limits.block.low[rows.slots], self.limits.block.high[rows.slots]
        away = np.where(outside > 0, rows.values - high, np.where(outside < 0, low - rows.values, 0.0))
        limited = outside != 0
        width = np.where(limited, high - low, 1.0)
        return np.where(limited, np.where(away > FAR_OUT * width, 2.0, 1.25), 0.0)

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
    kinds[:, Lane.LEARNT] = learnt
    for lane, kind in ((Lane.STUCK, Kind.STUCK), (Lane.CLIPPED, Kind.CLIPPING), (Lane.RANGE, Kind.RANGE)):
        kinds[:, lane] = CODE[kind]
    return kinds
