"""The threshold of every channel, from the budget and from the alerts that came of it.

In: how often each channel speaks, how many channels share its budget, which episodes opened.
Out: the rarity (-log10 p) at which a channel alerts now.
"""

import numpy as np

from detector.settings import Budget, BudgetScope
from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows

STRICTER = 0.5
"""Decades by which an alert raises its own channel's threshold."""

SLACK = 0.5
"""Decades by which an unused budget may lower it in the long run."""

STRICTEST = 6.0
"""Decades by which alerts may raise it: a storm is capped, but never to silence."""


class ThresholdBlock(Block):
    """Columns (N,): pressure, decades that past alerts added; used, alerts of the last period."""

    pressure: Floats
    used: Floats

    def __init__(self) -> None:
        """Start without rows."""
        starts = {"pressure": 0.0, "used": 0.0}
        super().__init__({name: ((), np.float64, start) for name, start in starts.items()})


class Thresholds:
    """Budget-derived thresholds with feedback."""

    def __init__(self, budget: Budget) -> None:
        """Hold `budget`."""
        self.budget = budget
        self.block = ThresholdBlock()

    def sharers(self, rows: Rows) -> Floats:
        """Return how many channels share the budget of each row. Shape (B,)."""
        return (rows.siblings if self.budget.scope is BudgetScope.DEVICE else rows.fleet).astype(np.float64)

    def current(self, rows: Rows, cadence_s: Floats) -> Floats:
        """Return the rarity at which each row alerts. Shapes (B,); cadence_s is the time between readings.

        A channel that speaks n times in the budget's period alerts by chance `alerts` times in it when its
        threshold lies at p = alerts / n, shared among the channels.
        """
        chances = self.budget.period_s * self.sharers(rows) / np.maximum(cadence_s, 1e-3)
        base = np.log10(np.maximum(chances / self.budget.alerts, 10.0))
        return np.maximum(base + self.block.pressure[rows.slots], 1.0)

    def learn(self, rows: Rows, opened: Mask) -> None:
        """Raise the threshold where an episode opened; let it sink at the rate of the budget. Shape: opened (B,).

        Source: quantile tracking on episode starts, q <- q + eta (start - rho dt); it bounds the starts of any
        sequence by rho T + const (Angelopoulos, Candes and Tibshirani 2023, conformal PID control, prop. 1).
        """
        block, slots = self.block, rows.slots
        allowed = np.minimum(self.budget.rate * rows.gap_s / self.sharers(rows), 1.0)
        block.pressure[slots] = np.clip(block.pressure[slots] + STRICTER * (opened - allowed), -SLACK, STRICTEST)
        block.used[slots] = np.exp(-rows.gap_s / self.budget.period_s) * block.used[slots] + opened

    def used_ratio(self, devices: int) -> float:
        """Return the share of the whole fleet's budget that the alerts of the last period used; 1.0 is all of it."""
        scopes = devices if self.budget.scope is BudgetScope.DEVICE else 1
        return float(self.block.used[: len(self.block)].sum()) / (self.budget.alerts * max(scopes, 1))
