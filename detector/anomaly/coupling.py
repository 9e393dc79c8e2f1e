"""The organ for lasting changes: is a channel where its own days, and its siblings, lead one to expect it?

In: `Rows` and their `Forecast`. Out: an `CouplingOpinion` of each row. Two witnesses speak, each by its mean residual over
what is usual for that: the first knows the channel's level and day, the second also how far the siblings are from
theirs. What they expect moves slowly, hardly while a case is open, and a case is open for a bounded time.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.regression import Regression
from detector.anomaly.siblings import PANEL, Siblings
from detector.anomaly.spans import Moment, Spans
from detector.domain import MICROSECONDS, EventTime
from detector.state.block import Block
from detector.state.rows import DAY_S, MEAN_TO_SIGMA, Floats, Forecast, Mask, Rows, Slots, learning_rate, plain_rate

DAY_TERMS = 5
"""What a channel's own days are made of: its level, and two harmonics of the day."""

LEVEL_PRIOR, DAY_PRIOR, SIBLING_PRIOR = 1.0, 0.05, 0.03
"""Variances that weights start from, in units of the noise's: the day and the siblings have to earn theirs."""

MEMORY_S = 7 * DAY_S
"""Time over which expectations forget; a channel that is younger forgets over its age."""

LEAST_KEPT = 0.95
"""Share of the past that the first readings, whose age is nothing yet, leave at least."""

LONGEST_GAP_S = 3600.0
"""One reading after a long silence counts for no more time than this."""

SETTLED, KNOWN_AFTER = 30, 64
"""Readings after which outliers pull less and siblings are listened to; after which the organ has an opinion."""

PULL, FARTHEST = 6.0, 8.0
"""Standard deviations by which one residual pulls at most, and that a sibling is taken to be away at most."""

TEACHING = 3.0
"""Standard deviations beyond which a sibling's distance teaches nothing: that is its case, not what they share."""

LEAST_SCALE = 0.05
"""Step units: what moved by less did not move."""

FARTHEST_OUT = 1e6
"""Scales beyond which a mean residual says nothing more."""

SUSPECT_WEIGHT = 0.05
"""Share of a reading that is learnt while its row is suspect."""

NO_CASE = -1


class CouplingBlock(Block):
    """What is remembered of each channel beside its expectations and habits.

    Columns (N,): count of readings; begun, its first (µs); case_since (µs), or NO_CASE; size, the mean absolute
    residual of the first witness, in the channel's unit.
    """

    count: NDArray[np.int32]
    begun: NDArray[np.int64]
    case_since: NDArray[np.int64]
    size: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "count": ((), np.int32, 0),
                "begun": ((), np.int64, 0),
                "case_since": ((), np.int64, NO_CASE),
                "size": ((), np.float64, 0.0),
            }
        )


class Comparison(NamedTuple):
    """How rows compare with what was expected; letters B rows, W witnesses, S spans. Kept for learning."""

    moment: Moment
    terms: Floats
    """Regressors of the first witness: the level and the time of day. Shape (B, DAY_TERMS)."""
    sigma: Floats
    """Usual size of its residuals, in the channel's unit, never zero. Shape (B,)."""
    standing: Floats
    """How many of these the row is away from what its own days lead one to expect. Shape (B,)."""
    paired: Slots
    """Which rows are of channels that have siblings. Shape (P,)."""
    standings: Floats
    """Where these siblings stand: regressors of the second witness. Shape (P, PANEL)."""
    residuals: Floats
    """In the channel's unit. Shape (B, W)."""
    means: Floats
    """Of the residuals. Shape (B, W, S)."""


class CouplingOpinion(NamedTuple):
    """What the organ makes of rows. Shapes: (B,)."""

    strangeness: Floats
    """log(1 + z) of the mean residual, averaged over the witnesses, at the span where that is largest."""
    known: Mask
    deviation: Floats
    """Mean residual over that span, in the channel's unit."""
    expected: Floats
    """What the channel's own days lead one to expect, in its unit."""
    comparison: Comparison


class Coupling:
    """Level, day and siblings of every channel as references that faults do not move."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = CouplingBlock()
        self.siblings = Siblings()
        self.day = Regression(np.array([LEVEL_PRIOR, *[DAY_PRIOR] * (DAY_TERMS - 1)]))
        self.company = Regression(np.full(PANEL, SIBLING_PRIOR))
        self.spans = Spans(witnesses=2)

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for part in (self.block, self.siblings.block, self.day, self.company, self.spans.block):
            part.grow(channels)

    def join(self, slot: int, device: int) -> None:
        """Make a new channel the sibling of its device's other channels."""
        self.siblings.join(slot, device)

    def restore(self, devices: Slots, anew: Collection[str]) -> None:
        """Bring back who is whose sibling, for channels of these `devices` in slot order; panels too where they are `anew`."""
        take = self.siblings.join if "siblings" in anew else self.siblings.meet
        for slot, device in enumerate(devices.tolist()):
            take(slot, device)

    def turn(self, at: EventTime) -> None:
        """Let the channels of devices with very many listen to others of them; once an hour of the stream."""
        for slot, place in self.siblings.try_others(self.company.block.weights):
            self.company.forget(slot, place)

    def judge(self, rows: Rows, forecast: Forecast) -> CouplingOpinion:
        """Return what the organ makes of every row, before anything is learnt from it."""
        slots, seen = rows.slots, self.block.count[rows.slots]
        moment = self._moment(rows, seen)
        terms = _terms(rows, moment.age_s)
        expected = np.where(seen > 0, self.day.expect(slots, terms), rows.values)
        least = LEAST_SCALE * forecast.unit
        sigma = MEAN_TO_SIGMA * self.block.size[slots] + least
        away = rows.values - expected
        standing = np.where(seen > SETTLED, (away / sigma).clip(-FARTHEST, FARTHEST), 0.0)
        paired = self.siblings.paired(slots)
        standings, explained = self.siblings.standings(slots, paired, standing), np.zeros(len(slots))
        if len(paired):
            explained[paired] = sigma[paired] * self.company.expect(slots[paired], standings)
        residuals = np.array((away, away - explained)).T
        means = self.spans.means(moment, residuals)
        z = np.minimum(np.abs(means) / (self.spans.scale(moment) + least[:, None, None]), FARTHEST_OUT)
        both = z[:, 0] + z[:, 1] + z[:, 0] * z[:, 1]  # (B, S): log1p of it is the sum of theirs
        known, span, row = seen >= KNOWN_AFTER, both.argmax(axis=1), np.arange(len(slots))
        comparison = Comparison(moment, terms, sigma, standing, paired, standings, residuals, means)
        strangest = np.where(known, 0.5 * np.log1p(both[row, span]), 0.0)
        return CouplingOpinion(strangest, known, means[row, 0, span], expected, comparison)

    def blocks(self) -> dict[str, Block]:
        """Return what is remembered, by name."""
        return {
            "coupling": self.block,
            "siblings": self.siblings.block,
            "day": self.day.block,
            "siblings_fit": self.company.block,
            "spans": self.spans.block,
        }

    def learn(self, rows: Rows, opinion: CouplingOpinion, suspect: Mask) -> None:
        """Take the rows in, hardly where `suspect` (B,): until a case has lasted too long to be one."""
        block, slots, seen = self.block, rows.slots, opinion.comparison
        count, moment = block.count[slots], seen.moment
        new = count == 0
        block.begun[slots] = np.where(new, rows.at_us, block.begun[slots])
        accepted = self._accepted(rows, suspect)
        weight = np.where(suspect & ~accepted, SUSPECT_WEIGHT, 1.0)
        self.spans.learn(moment, seen.residuals, seen.means, weight)
        memory_s = np.maximum(np.minimum(MEMORY_S, moment.age_s), 1e-6)
        keep = np.exp(-weight * np.minimum(moment.gap_s / memory_s, 1.0 - LEAST_KEPT))
        limit = np.where(count > SETTLED, PULL * seen.sigma, np.inf)
        away, unexplained = seen.residuals.T.clip(-limit, limit)
        self.day.learn(slots, seen.terms, away, keep, weight)
        if np.count_nonzero(new):
            self.day.block.weights[slots[new], 0] = rows.values[new]
        self._learn_company(rows, seen, unexplained, keep, weight)
        rate = weight * learning_rate(plain_rate(count), moment.gap_s, MEMORY_S)
        block.size[slots] += rate * (np.abs(away) - block.size[slots])
        self.siblings.block.standing[slots] = seen.standing
        block.count[slots] = count + 1
        if np.count_nonzero(accepted):
            self._settle(slots[accepted], seen.means[accepted, 0, 0])

    def _learn_company(self, rows: Rows, seen: Comparison, unexplained: Floats, keep: Floats, weight: Floats) -> None:
        """Learn how channels that have siblings go together with them."""
        if not len(seen.paired):
            return
        calm = np.abs(seen.standings).max(axis=1) <= TEACHING
        calm &= self.block.count[rows.slots[seen.paired]] > SETTLED
        if not np.count_nonzero(calm):
            return
        told = seen.paired[calm]
        residuals = unexplained[told] / seen.sigma[told]
        self.company.learn(rows.slots[told], seen.standings[calm], residuals, keep[told], weight[told])

    def _moment(self, rows: Rows, seen: NDArray[np.int32]) -> Moment:
        """Return when the rows were heard, with the time each counts for and the ages of their channels."""
        known = seen > 0
        since_us = np.maximum(rows.at_us - self.block.begun[rows.slots], 0)  # a clock may be set back
        age_s = np.where(known, since_us / MICROSECONDS, 0.0)
        return Moment(rows.slots, rows.hour, np.minimum(rows.gap_s, LONGEST_GAP_S), age_s)

    def _accepted(self, rows: Rows, suspect: Mask) -> Mask:
        """Return the rows whose case has lasted for a day, or for as long as the channel was known before it."""
        block, slots = self.block, rows.slots
        if not np.count_nonzero(suspect):
            block.case_since[slots] = NO_CASE
            return suspect
        since = np.where(suspect, block.case_since[slots], NO_CASE)
        since = np.where(suspect & (since == NO_CASE), rows.at_us, since)
        lasted_us, known_us = rows.at_us - since, since - block.begun[slots]
        accepted = suspect & (lasted_us > np.minimum(DAY_S * MICROSECONDS, known_us))
        block.case_since[slots] = np.where(accepted, NO_CASE, since)
        return accepted

    def _settle(self, slots: Slots, moved: Floats) -> None:
        """Take the level that channels have `moved` (B,) to as the new normal, and doubt the rest."""
        self.day.block.weights[slots, 0] += moved
        self.day.reopen(slots)
        self.company.reopen(slots)
        self.spans.block.mean[slots] = 0.0


def _terms(rows: Rows, age_s: Floats) -> Floats:
    """Return the level and, once a day was seen, two harmonics of the time of day. Shape (B, DAY_TERMS)."""
    terms = np.empty((len(age_s), DAY_TERMS))
    terms[:, 0], terms[:, 1:] = 1.0, (rows.day_turns * (age_s >= DAY_S)).T
    return terms
