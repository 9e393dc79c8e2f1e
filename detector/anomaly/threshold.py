"""The threshold of every channel and lane, from the budget, from what its peaks are like, and from the alerts that came of it.

In: how strange each lane was, which episodes opened. Out: the strangeness at which each lane of a channel alerts now.
A threshold moves when its channel's quarter ends, when its channel alerts, and at the hourly turn; never in between.
"""

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.peaks import NO_POOL, QUARTER_S, Peaks, Reference
from detector.domain import MICROSECONDS, EventTime
from detector.settings import Budget, BudgetScope
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows, Slots
from detector.state.slots import Slot

STRICTER = 0.5
"""An alert too many makes the next one less likely by exp(-STRICTER)."""

SLACK, STRICTEST = 1.0, 6.0
"""Alerts that an unused budget may save up, and that a storm may owe: it is capped, but never to silence."""

COMES_OF_AGE = 64
"""Readings after which a channel's cadence is known."""


class ThresholdBlock(Block):
    """Columns (N,): device; sharers of its budget; cadence_s; readings, a count; at_us, of the last one.

    pressure, alerts beyond the budget, its own, and shared_pressure, that of those with whom it shares;
    used, alerts of about the last period. Column (N, L): threshold.
    """

    device: Slots
    sharers: Floats
    cadence_s: Floats
    readings: NDArray[np.int64]
    at_us: NDArray[np.int64]
    pressure: Floats
    shared_pressure: Floats
    used: Floats
    threshold: Floats

    def __init__(self, lanes: int) -> None:
        """Start without rows."""
        floats = dict.fromkeys(("cadence_s", "pressure", "shared_pressure", "used"), ((), np.float64, 0.0))
        super().__init__(
            {
                "device": ((), np.intp, 0),
                "sharers": ((), np.float64, 1.0),
                "readings": ((), np.int64, 0),
                "at_us": ((), np.int64, 0),
                "threshold": ((lanes,), np.float64, np.inf),
                **floats,
            }
        )


class Thresholds:
    """Thresholds that hold a budget, for every channel and each of L lanes."""

    def __init__(self, budget: Budget, reference: Reference, shares: Floats) -> None:
        """Hold `budget`, of which each lane has a share (L,); lanes that a channel does not have give theirs away."""
        self.budget = budget
        self.peaks = Peaks(reference)
        self.block = ThresholdBlock(len(shares))
        self._shares = shares
        self._turned = 0

    def grow(self, channels: int) -> None:
        """Make room for new channels; until it joins others, each has a device of its own."""
        known = len(self.block)
        self.peaks.block.grow(channels)
        self.block.grow(channels)
        self.block.device[known:channels] = np.arange(known, channels)
        self._refresh(np.arange(known, channels))

    def join(self, channel: Slot, device: Slot, pool: int = NO_POOL) -> None:
        """Say whose budget a new channel shares, and with which others, numbered from 0, its peaks are pooled."""
        self.block.device[channel], self.peaks.block.pool[channel] = device, pool
        self._refresh(np.array([channel]))

    def reconfigure(self, budget: Budget) -> None:
        """Hold another budget from now on."""
        self.budget = budget
        self._refresh(np.arange(len(self.block)))

    def current(self, rows: Rows) -> Floats:
        """Return the strangeness at which each lane of each row alerts. Shape (B, L)."""
        return self.block.threshold[rows.slots]

    def learn(self, rows: Rows, strangeness: Floats, known: Mask, opened: Mask, cadence_s: Floats) -> None:
        """Learn from rows whose alerts are decided.

        Shapes: strangeness, at least 0 on an axis like a logarithm, known, and opened, the episodes that the budget
        pays for: (B, L); cadence_s, the usual seconds between the channel's readings: (B,).
        Source: quantile tracking on episode starts, q <- q + eta (start - rho dt) (Angelopoulos, Candes and
        Tibshirani 2023, conformal PID control, prop. 1); what is owed fades with the budget's period, so that a bad
        start is not paid for in months of silence.
        """
        block, slots = self.block, rows.slots
        alerts = opened.sum(axis=1)
        block.sharers[slots] = rows.siblings if self.budget.scope is BudgetScope.DEVICE else rows.fleet
        block.cadence_s[slots], block.at_us[slots] = cadence_s, rows.at_us
        block.readings[slots] += 1
        owed = alerts - np.minimum(self.budget.rate * rows.gap_s / block.sharers[slots], 1.0)
        floor = -SLACK / block.sharers[slots]
        faded = np.exp(-rows.gap_s / self.budget.period_s)
        block.pressure[slots] = np.clip(faded * block.pressure[slots] + owed, floor, STRICTEST)
        block.used[slots] = faded * block.used[slots] + alerts
        widened = (known & ~self.peaks.block.lately[slots]).any(axis=1)
        ended = self.peaks.learn(rows, strangeness, known, cadence_s)
        self._refresh(slots[ended | widened | (alerts > 0) | (block.readings[slots] == COMES_OF_AGE)])

    def turn(self, at: EventTime) -> None:
        """Share what was learnt within the hour: peaks and pressure among pools, pressure within each budget's scope."""
        self._turned = at
        self.peaks.turn()
        block, count = self.block, len(self.block)
        pressure, pool = block.pressure[:count], self.peaks.block.pool[:count]
        if self.budget.scope is BudgetScope.FLEET:
            block.shared_pressure[:count] = pressure.sum() - pressure
        else:
            device = block.device[:count]
            siblings = np.bincount(device, pressure)[device] - pressure
            block.shared_pressure[:count] = siblings + _pooled(pressure, pool)
        self._refresh(np.arange(count))

    def forgive(self, channel: Slot) -> None:
        """Give back one alert that people found right, so that it makes nothing stricter."""
        block = self.block
        block.pressure[channel] = max(block.pressure[channel] - 1.0, -SLACK)
        block.used[channel] = max(block.used[channel] - 1.0, 0.0)
        self._refresh(np.array([channel]))

    def used_ratio(self, devices: int) -> float:
        """Return the share of the whole fleet's budget that the alerts of the last period used; 1.0 is all of it."""
        scopes = devices if self.budget.scope is BudgetScope.DEVICE else 1
        block, count = self.block, len(self.block)
        at_us = block.at_us[:count]
        quiet_s = np.maximum(max(self._turned, at_us.max(initial=0)) - at_us, 0) / MICROSECONDS
        used = np.exp(-quiet_s / self.budget.period_s) * block.used[:count]
        return float(used.sum()) / (self.budget.alerts * max(scopes, 1))

    def _refresh(self, slots: Slots) -> None:
        """Set the thresholds of these channels by what is known now."""
        if not len(slots):
            return
        block, peaks = self.block, self.peaks
        allowed = self.budget.rate * QUARTER_S / block.sharers[slots]
        pressure = np.clip(block.pressure[slots] + block.shared_pressure[slots], -SLACK, STRICTEST)
        lately = peaks.block.lately[slots]
        present = lately | ~lately.any(axis=1, keepdims=True)
        shares = self._shares / np.maximum((present * self._shares).sum(axis=1, keepdims=True), self._shares)
        chance = (allowed * np.exp(-STRICTER * pressure))[:, None] * shares
        level = peaks.law(slots, block.cadence_s[slots]).level(chance)
        block.threshold[slots] = np.maximum(level, peaks.reference.least)


def _pooled(pressure: Floats, pool: Slots) -> Floats:
    """Return what the others of a pool add to each channel's pressure, so that a site that runs hot is calmed soon.

    The mean pressure of n channels is known sqrt(n) times better than that of one, so it counts (sqrt(n) - 1) times
    beside it. Shapes: (N,).
    """
    counts = np.bincount(pool + 1)
    mean = np.bincount(pool + 1, pressure) / np.maximum(counts, 1)
    more = np.sqrt(counts) - 1.0
    shared: Floats = np.where(pool == NO_POOL, 0.0, (more * mean)[pool + 1])
    return shared
