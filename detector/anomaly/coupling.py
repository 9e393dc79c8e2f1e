"""The organ for lasting changes: is this channel where its own days and its siblings lead one to expect it?

In: `Rows` and their `Forecast`. Out: an `Opinion` of each row. Two witnesses, each an average of residuals over its
habit: the first knows the channel's usual level and day, the second also how far its siblings are from theirs. The
reference moves slowly, hardly while a case is open, and a case is open for a bounded time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.habit import Habit
from detector.anomaly.regression import Regression
from detector.anomaly.siblings import PANEL, Siblings
from detector.domain import MICROSECONDS
from detector.state.block import Block
from detector.state.rows import Floats, Forecast, Mask, Rows

DAY_S = 86_400.0

DAY_TERMS = 5
"""Regressors of the first witness: the level, and two harmonics of the day."""

LEVEL_PRIOR, DAY_PRIOR, SIBLING_PRIOR = 1.0, 0.05, 0.03
"""Variances that weights start from: siblings have to earn theirs."""

MEMORY_S = 7 * DAY_S
"""Time over which the reference forgets."""

LONGEST_GAP_S = 3600.0
"""One reading after a long silence counts for no more time than this."""

KNOWN_AFTER = 64
"""Readings after which the organ has an opinion."""

SETTLED = 30
"""Readings after which an outlier's pull is limited."""

FARTHEST = 8.0
"""Standard deviations that a sibling is taken to be from its usual place at most."""

PULL = 3.0
"""Standard deviations by which one residual moves the reference at most."""

ROUGH_S = 1800.0
"""Time over which the roughness of the moment is taken: what flickers now has to move further to be called moved."""

LEAST_SCALE = 0.25
"""Step units: no smaller mean residual is a change of level."""

SUSPECT_WEIGHT = 0.05
"""Share of a reading that is learnt while the row is suspect."""

LONGEST_CASE_S = DAY_S
"""A new level that stands for so long, or for as long as the channel was known before it, is the new normal."""

FARTHEST_OUT = 1e6
"""Scales beyond which a mean residual says nothing more."""

NOT_SUSPECT = -1


class CouplingBlock(Block):
    """What the organ remembers of each channel beside its regressions and habits.

    Columns (N,): count of readings; begun and suspect_since (µs); last value; size, the mean absolute residual of
    the first witness, and rough, the mean absolute difference of the last half hour, in the channel's unit.
    """

    count: NDArray[np.int64]
    begun: NDArray[np.int64]
    suspect_since: NDArray[np.int64]
    last: Floats
    size: Floats
    rough: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(
            {
                "count": ((), np.int64, 0),
                "begun": ((), np.int64, 0),
                "suspect_since": ((), np.int64, NOT_SUSPECT),
                **dict.fromkeys(("last", "size", "rough"), ((), np.float64, 0.0)),
            }
        )


@dataclass(frozen=True, eq=False, slots=True)
class Opinion:
    """What the organ says of rows. Shapes: (B,); W witnesses, S spans."""

    strangeness: Floats
    """Mean of log(1 + z) over the witnesses, at the span where it is largest."""
    known: Mask
    deviation: Floats
    """Mean residual from `expected` over that span, in the channel's unit."""
    expected: Floats
    """By the first witness, in the channel's unit."""
    terms: Floats
    """Regressors of the first witness (B, DAY_TERMS)."""
    standings: Floats
    """Where the siblings stand (B, PANEL), the regressors of the second."""
    residuals: Floats
    """Of both witnesses (B, W), in the channel's unit."""
    means: Floats
    """Their means (B, W, S)."""
    sigma: Floats
    """Usual size of the first witness's residual, never zero."""


class Coupling:
    """Level, day and siblings of every channel as a reference that faults do not move."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = CouplingBlock()
        self.siblings = Siblings()
        self.own = Regression(np.array([LEVEL_PRIOR] + [DAY_PRIOR] * (DAY_TERMS - 1)))
        self.others = Regression(np.full(PANEL, SIBLING_PRIOR))
        self.habit = Habit(witnesses=2)

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for part in (self.block, self.siblings.block, self.own, self.others, self.habit.block):
            part.grow(channels)

    def join(self, slot: int, device: int) -> None:
        """Make a new channel the sibling of the other channels of its device."""
        self.siblings.join(slot, device)

    def turn(self) -> None:
        """Let devices with many channels try other siblings."""
        for slot, place in self.siblings.try_others(self.others.block.weights):
            self.others.forget(slot, place)

    def judge(self, rows: Rows, forecast: Forecast) -> Opinion:
        """Return what the organ makes of every row, before anything is learnt from it."""
        block, slots = self.block, rows.slots
        age_s = self._age_s(rows)
        terms = _terms(rows, age_s)
        expected = np.where(block.count[slots] > 0, self.own.expect(slots, terms), rows.values)
        least = LEAST_SCALE * forecast.unit
        sigma = 1.25 * block.size[slots] + least
        first = rows.values - expected
        standing = np.clip(first / sigma, -FARTHEST, FARTHEST)
        standings = self.siblings.standings(slots, standing)
        second = first - sigma * self.others.expect(slots, standings)
        residuals = np.stack([first, second], axis=1)
        means = self.habit.means(slots, residuals, _gap_s(rows), age_s)
        scale = self.habit.scale(rows, age_s) + (block.rough[slots] + least)[:, None, None]
        z = np.minimum(np.abs(means) / scale, FARTHEST_OUT)
        strangeness = np.log1p(z).mean(axis=1)
        span = strangeness.argmax(axis=1)
        row = np.arange(len(slots))
        known = block.count[slots] >= KNOWN_AFTER
        deviation = means[row, 0, span]
        return Opinion(
            np.where(known, strangeness[row, span], 0.0), known, deviation, expected, terms, standings, residuals,
            means, sigma,
        )  # fmt: skip

    def learn(self, rows: Rows, opinion: Opinion, suspect: Mask) -> None:
        """Take the rows in: hardly where `suspect` (B,), until the case has lasted too long to be one."""
        block, slots, gap_s = self.block, rows.slots, _gap_s(rows)
        count, first = block.count[slots], block.count[slots] == 0
        block.begun[slots] = np.where(first, rows.at_us, block.begun[slots])
        weight = self._weight(rows, suspect)
        keep = np.exp(-weight * gap_s / MEMORY_S)
        self.habit.learn(rows, opinion.means, gap_s, count, weight)
        limit = np.where(count > SETTLED, PULL * opinion.sigma, np.inf)[:, None]
        pulls = np.clip(opinion.residuals, -limit, limit)
        self.own.learn(slots, opinion.terms, pulls[:, 0], keep, weight)
        self.others.learn(slots, opinion.standings, pulls[:, 1] / opinion.sigma, keep, weight)
        self.own.block.weights[slots[first], 0] = rows.values[first]
        self._learn_sizes(rows, opinion, gap_s, weight)
        self.siblings.block.standing[slots] = np.clip(opinion.residuals[:, 0] / opinion.sigma, -FARTHEST, FARTHEST)
        block.last[slots], block.count[slots] = rows.values, count + 1

    def _age_s(self, rows: Rows) -> Floats:
        """Return for how long each channel has been known, seconds."""
        known = self.block.count[rows.slots] > 0
        return np.where(known, (rows.at_us - self.block.begun[rows.slots]) / MICROSECONDS, 0.0)

    def _weight(self, rows: Rows, suspect: Mask) -> Floats:
        """Return how much of each row is learnt, and accept the new level where a case has lasted too long."""
        block, slots = self.block, rows.slots
        since = np.where(suspect, block.suspect_since[slots], NOT_SUSPECT)
        since = np.where(suspect & (since == NOT_SUSPECT), rows.at_us, since)
        known_s = (since - block.begun[slots]) / MICROSECONDS
        over = suspect & ((rows.at_us - since) / MICROSECONDS > np.minimum(LONGEST_CASE_S, known_s))
        self.own.reopen(slots[over])
        self.habit.block.mean[slots[over]] = 0.0
        block.suspect_since[slots] = np.where(over, NOT_SUSPECT, since)
        return np.where(suspect & ~over, SUSPECT_WEIGHT, 1.0)

    def _learn_sizes(self, rows: Rows, opinion: Opinion, gap_s: Floats, weight: Floats) -> None:
        """Take in how large residuals and differences are."""
        block, slots = self.block, rows.slots
        count, size, rough = block.count[slots], block.size[slots], block.rough[slots]
        away, change = np.abs(opinion.residuals[:, 0]), np.abs(rows.values - block.last[slots])
        change = np.where(count > 0, change, 0.0)
        away = np.where(count > SETTLED, np.minimum(away, 5.0 * opinion.sigma), away)
        rate = weight * np.maximum(1.0 / (count + 1), -np.expm1(-gap_s / MEMORY_S))
        block.size[slots] = size + rate * (away - size)
        change = np.where(count > SETTLED, np.minimum(change, 5.0 * rough + 0.05 * opinion.sigma), change)
        rate = np.maximum(1.0 / (count + 1), -np.expm1(-gap_s / ROUGH_S))
        block.rough[slots] = rough + rate * (change - rough)


def _gap_s(rows: Rows) -> Floats:
    """Return the time that each row counts for, seconds."""
    return np.minimum(rows.gap_s, LONGEST_GAP_S)


def _terms(rows: Rows, age_s: Floats) -> Floats:
    """Return the level and, once a day was seen, two harmonics of the time of day. Shape (B, DAY_TERMS)."""
    angle = (2.0 * np.pi / DAY_S) * np.mod(rows.at_us / MICROSECONDS, DAY_S)
    seen = (age_s >= DAY_S).astype(np.float64)
    turns = (np.sin(angle), np.cos(angle), np.sin(2.0 * angle), np.cos(2.0 * angle))
    return np.stack([np.ones(len(angle)), *(seen * turn for turn in turns)], axis=1)
