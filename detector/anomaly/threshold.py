"""The threshold of every channel and lane, from the budget, from what its peaks are like, and from the alerts that came of it.

In: how strange each lane was, which episodes opened. Out: the strangeness at which each lane of a channel alerts now.
A threshold moves when its channel's quarter ends, when its channel alerts, and at the hourly turn; never in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.feedback import Said
from detector.anomaly.heights import SOURCES
from detector.anomaly.peaks import NO_POOL, QUARTER_S, Peaks, Reference
from detector.domain import MICROSECONDS, EventTime, Feedback
from detector.settings import Budget, BudgetScope
from detector.state.block import AT_ONCE, Block, Keys
from detector.state.rows import Floats, Mask, Rows, Slots
from detector.state.slots import Slot
from detector.state.wide import upright

STRICTER = 0.3
"""An alert too many makes the next one less likely by exp(-STRICTER)."""

SLACK, STRICTEST = 1.0, 10.0
"""Alerts that an unused budget may save up, and that a storm may owe: it is capped, but never to silence."""

OVERLAP = 1.5
"""Exceedances to an alert: what is strange is often so to several lanes and channels at once, and told once."""


class ThresholdBlock(Block):
    """What thresholds are made from.

    Columns (N,): device; sharers of its budget; at_us, of the last reading; used, alerts of about the last period; unsettled_s,
    the time that passed since used and pressure were settled. Columns (N, L): pressure, alerts of the lane beyond its share of
    the budget, the channel's own, and shared_pressure, that of those with whom it shares; threshold.
    """

    refers: ClassVar[Mapping[str, Keys]] = {"device": Keys.DEVICE}

    device: Slots
    sharers: NDArray[np.int32]
    at_us: NDArray[np.int64]
    pressure: NDArray[np.float32]
    shared_pressure: NDArray[np.float32]
    used: NDArray[np.float32]
    unsettled_s: NDArray[np.float32]
    threshold: NDArray[np.float32]

    def __init__(self, lanes: int) -> None:
        """Start without rows."""
        pressures = dict.fromkeys(("pressure", "shared_pressure"), ((lanes,), np.float32, 0.0))
        super().__init__(
            {
                "device": ((), np.intp, 0),
                "sharers": ((), np.int32, 1),
                "at_us": ((), np.int64, 0),
                "threshold": ((lanes,), np.float32, np.inf),
                **dict.fromkeys(("used", "unsettled_s"), ((), np.float32, 0.0)),
                **pressures,
            }
        )


@dataclass(frozen=True, eq=False, slots=True)
class Shares:
    """How lanes divide a budget: shares (L,) of a channel that has `company`, a lane of its own, and of one that has none."""

    in_company: Floats
    alone: Floats
    company: int

    def among(self, present: Mask) -> Floats:
        """Return the shares (N, L) of channels that have the lanes `present` (N, L); the others give theirs away."""
        plain = np.where(present[:, [self.company]], self.in_company, self.alone)
        shares: Floats = plain / np.maximum((present * plain).sum(axis=1, keepdims=True), plain)
        return shares


class Thresholds:
    """Thresholds that hold a budget, for every channel and each of L lanes."""

    def __init__(self, budget: Budget, reference: Reference, shares: Shares) -> None:
        """Hold `budget`, divided among the lanes by `shares`."""
        self.budget = budget
        self.peaks = Peaks(reference)
        self.block = ThresholdBlock(len(shares.alone))
        self.said = Said(len(shares.alone))
        """What people said of alerts."""
        self._shares_by_lanes = _by_lanes(shares, len(shares.alone))
        self.turned = 0
        """The hour of the last turn."""

    def grow(self, channels: int) -> None:
        """Make room for new channels, each of which has to join others, or nobody, before it speaks."""
        self.peaks.block.grow(channels)
        self.block.grow(channels)

    def join(self, channels: Slots, devices: Slots, pools: NDArray[np.int64]) -> None:
        """Say whose budget new channels share, and with which others their peaks are pooled, by number, -1 for none. Shapes (C,)."""
        self.block.device[channels] = devices
        self.peaks.join(channels, pools)
        self._refresh(channels)

    def reconfigure(self, budget: Budget) -> None:
        """Hold another budget from now on."""
        channels = np.arange(len(self.block))
        self._settle(channels)
        self.budget = budget
        self._refresh(channels)

    def current(self, rows: Rows) -> Floats:
        """Return the strangeness at which each lane of each row alerts. Shape (B, L), lane by lane in memory."""
        return upright(self.block.threshold.take(rows.slots, axis=0)).T

    def learn(self, rows: Rows, strangeness: Floats, known: Mask, opened: Mask) -> None:
        """Learn from rows whose alerts are decided.

        Shapes: strangeness, at least 0 on an axis like a logarithm, known, and opened, the episodes that the budget
        pays for: (B, L).
        Source: quantile tracking on episode starts, q <- q + eta (start - rho dt) (Angelopoulos, Candes and
        Tibshirani 2023, conformal PID control, prop. 1); what is owed fades with the budget's period, so that a bad
        start is not paid for in months of silence. Between starts time alone moves what is owed, so it is settled where a
        threshold is set, not at every reading.
        """
        block, slots = self.block, rows.slots
        sharers = rows.siblings if self.budget.scope is BudgetScope.DEVICE else rows.fleet
        block.at_us[slots] = rows.at_us
        block.unsettled_s[slots] += rows.gap_s
        moved = (sharers != block.sharers[slots]) | opened.any(axis=1) | self.peaks.turns(rows, known)
        turned = moved.nonzero()[0]
        if len(turned):
            self._settle(slots[turned])
            self._owe(slots[turned], opened[turned])
            block.sharers[slots[turned]] = sharers[turned]
        self.peaks.learn(rows, strangeness, known)
        self._refresh(slots[turned])

    def _settle(self, slots: Slots) -> None:
        """Let time pass until the last reading of these channels: what is owed fades, and is paid off by what is allowed.

        Source: of dp/dt = -p / period - rate, where rate times period are the alerts of the budget.
        """
        block = self.block
        gone = -np.expm1(-block.unsettled_s[slots].astype(np.float64) / self.budget.period_s)
        least = self._least(slots)
        paid = block.pressure[slots] - gone[:, None] * (block.pressure[slots] - self.budget.alerts * least / SLACK)
        block.pressure[slots] = np.maximum(paid, least)
        block.used[slots] -= gone * block.used[slots]
        block.unsettled_s[slots] = 0.0

    def _owe(self, slots: Slots, alerts: Floats | Mask) -> None:
        """Let channels that are settled have so many more `alerts` (B, L)."""
        self.block.pressure[slots] = np.minimum(self.block.pressure[slots] + alerts, STRICTEST)
        self.block.used[slots] += alerts.sum(axis=1)

    def _least(self, slots: Slots) -> Floats:
        """Return the pressure of channels that have saved up all they may. Shape (B, L)."""
        least: Floats = -SLACK * self._shares_of(slots) / self.block.sharers[slots, None]
        return least

    def spend(self, slots: Slots, alerts: Mask) -> None:
        """Let the budget pay for `alerts` (B,) of rules that have no lane: every lane bears its share of them."""
        if not np.count_nonzero(alerts):
            return
        spent = slots[alerts]
        self._settle(spent)
        self._owe(spent, self._shares_of(spent))
        self._refresh(spent)

    def turn(self, at: EventTime) -> None:
        """Share what was learnt within the hour: peaks and pressure among pools, pressure within each budget's scope."""
        self.turned = at
        self.peaks.turn()
        block, count = self.block, len(self.block)
        self.said.let_go(block.at_us[:count])
        for rows in block.stretches():
            self._settle(np.arange(rows.start, rows.stop))
        pressure, pool = self._wrong(np.arange(count)), self.peaks.block.pool[:count]
        if self.budget.scope is BudgetScope.FLEET:
            block.shared_pressure[:count] = pressure.sum(axis=0) - pressure
        else:
            siblings = _sums(pressure, block.device[:count]) - pressure
            block.shared_pressure[:count] = siblings + _pooled(pressure, pool)
        self._refresh(np.arange(count))

    def hear(self, feedback: Feedback, channel: Slot) -> None:
        """Take in what somebody said of an alert of a channel.

        A false alarm raises thresholds at once (`Said.raised`, which whoever decides asks for); one that was right stops
        making them stricter when they are next set, within the hour.
        """
        slots = np.array([channel])
        self.said.give(feedback, channel, int(self.block.at_us[channel]), self._paid(feedback, slots))

    def may_hear(self, feedback: Feedback, channel: Slot) -> bool:
        """Tell whether there is room for what is said of one more alert of a channel."""
        return self.said.has_room(channel, feedback.alert, int(self.block.at_us[channel]))

    def _paid(self, feedback: Feedback, slots: Slots) -> Floats:
        """Return as how many alerts of each lane an alert counted: one of its opener's, or every lane's share for a rule's."""
        opener = feedback.heights[0].source if feedback.heights else None
        shares: Floats = self._shares_of(slots)[0]
        lane = None if opener is None else SOURCES.index(opener)
        if lane is None:
            return np.zeros_like(shares)
        return (np.arange(len(shares)) == lane).astype(np.float64) if lane < len(shares) else shares

    def _wrong(self, slots: Slots) -> Floats:
        """Return the pressure of settled channels (B,) without that of alerts that were right. Shape (B, L)."""
        block = self.block
        pressure = block.pressure[slots].astype(np.float64)
        if not len(self.said.block):
            return pressure
        least = self._least(slots)
        forgiven = self.said.forgiven(slots, block.at_us[slots], self.budget.period_s)
        wrong: Floats = np.where(forgiven > 0.0, np.maximum(pressure - forgiven, np.minimum(pressure, least)), pressure)
        return wrong

    def used_ratio(self, devices: int) -> float:
        """Return the share of the whole fleet's budget that the alerts of the last period used; 1.0 is all of it."""
        scopes = devices if self.budget.scope is BudgetScope.DEVICE else 1
        block, count = self.block, len(self.block)
        at_us = block.at_us[:count]
        quiet_s = np.maximum(max(self.turned, at_us.max(initial=0)) - at_us, 0) / MICROSECONDS
        used = np.exp(-block.unsettled_s[:count] / self.budget.period_s) * block.used[:count]
        if len(self.said.block):
            used = np.maximum(used - self.said.forgiven(np.arange(count), at_us, self.budget.period_s).sum(axis=1), 0.0)
        used = np.exp(-quiet_s / self.budget.period_s) * used
        return float(used.sum()) / (self.budget.alerts * max(scopes, 1))

    def _refresh(self, slots: Slots) -> None:
        """Set the thresholds of these channels, which are settled, by what is known now."""
        for first in range(0, len(slots), AT_ONCE):
            self._set(slots[first : first + AT_ONCE])

    def _set(self, slots: Slots) -> None:
        """Set the thresholds of a few channels."""
        block, peaks = self.block, self.peaks
        allowed = self.budget.rate * QUARTER_S / block.sharers[slots]
        pressure = np.clip(self._wrong(slots) + block.shared_pressure[slots], -SLACK, STRICTEST)
        chance = OVERLAP * allowed[:, None] * np.exp(-STRICTER * pressure) * self._shares_of(slots)
        level = peaks.law(slots).level(chance)
        block.threshold[slots] = np.maximum(level, peaks.reference.least)

    def _shares_of(self, slots: Slots) -> Floats:
        """Return the share of the budget that each lane has now, by the lanes that were known of late. Shape (B, L)."""
        return self._shares_by_lanes.take(self.peaks.block.lately[slots], axis=0)


def _by_lanes(shares: Shares, lanes: int) -> Floats:
    """Return the shares by the lanes that a channel has, a bit each; all where it has none. Shape (2 ** L, L)."""
    present = (np.arange(2**lanes)[:, None] >> np.arange(lanes) & 1).astype(np.bool_)
    present[0] = True
    return shares.among(present)


def _sums(numbers: Floats, where: Slots) -> Floats:
    """Return for each row the sum of all rows of the same place. Shapes: (N, L), where (N,) from 0 on."""
    return np.column_stack([np.bincount(where, lane)[where] for lane in numbers.T])


def _pooled(pressure: Floats, pool: Slots) -> Floats:
    """Return what the others of a pool add to each channel's pressure, so that a site that runs hot is calmed soon.

    The mean pressure of n channels is known sqrt(n) times better than that of one, so it counts (sqrt(n) - 1) times
    beside it. Shapes: (N, L).
    """
    counts = np.bincount(pool + 1)[pool + 1][:, None]
    shared: Floats = np.where(
        pool[:, None] == NO_POOL, 0.0, (np.sqrt(counts) - 1.0) * _sums(pressure, pool + 1) / counts
    )
    return shared
