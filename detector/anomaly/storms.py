"""Caps storms: no device opens more than a few alerts in a day, and what is beyond is counted, not told.

In: which rows want to open an alert, in stream order. Out: which of them may. The allowance comes back with time, so
a storm never ends in silence for good.
"""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.settings import Budget, BudgetScope
from detector.state.block import Block, Keys
from detector.state.rows import Floats, Mask, Slots

DAY_S = 86_400.0

FEWEST = 3.0
"""Alerts a device may open in a day however small its budget: a fault has more than one face."""

GENEROUS = 3.0
"""Where the budget is larger, so many times what it allows in a day."""


class StormBlock(Block):
    """Columns (N,), a row a device: spent of its allowance, at_us when the last was opened, and held_back, readings."""

    keyed_by: ClassVar[Keys] = Keys.DEVICE

    spent: Floats
    at_us: NDArray[np.int64]
    held_back: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        counts = dict.fromkeys(("at_us", "held_back"), ((), np.int64, 0))
        super().__init__({"spent": ((), np.float64, 0.0), **counts})


class Storms:
    """How many alerts every device may still open."""

    def __init__(self, budget: Budget) -> None:
        """Cap by `budget`."""
        self.budget = budget
        self.block = StormBlock()

    def admit(self, devices: Slots, at_us: NDArray[np.int64], wanted: Mask) -> Mask:
        """Return which rows may open an alert: those that are `wanted` and within the allowance.

        Shapes: (B,), in stream order. Source: token bucket, RFC 2697, section 3.
        """
        admitted = np.zeros(len(wanted), np.bool_)
        if not np.count_nonzero(wanted):
            return admitted
        # few: a device has only a few a day. Nobody has more left than at the latest moment of the batch
        possible = self._allows(devices, np.full_like(at_us, at_us.max()))
        for row in np.flatnonzero(wanted & possible):
            one = slice(row, row + 1)
            if self._allows(devices[one], at_us[one])[0]:
                self.block.spent[devices[one]] = self._spent(devices[one], at_us[one]) + 1.0
                self.block.at_us[devices[one]] = np.maximum(at_us[one], self.block.at_us[devices[one]])
                admitted[row] = True
        np.add.at(self.block.held_back, devices[wanted & ~admitted], 1)
        return admitted

    def _allows(self, devices: Slots, at_us: NDArray[np.int64]) -> Mask:
        """Return whether each device may open one more alert now."""
        allows: Mask = self._spent(devices, at_us) + 1.0 <= self._daily
        return allows

    def _spent(self, devices: Slots, at_us: NDArray[np.int64]) -> Floats:
        """Return what is still spent of each device's allowance; it comes back in the course of a day."""
        passed = np.maximum(at_us - self.block.at_us[devices], 0) / (DAY_S * MICROSECONDS)
        spent: Floats = np.maximum(self.block.spent[devices] - self._daily * passed, 0.0)
        return spent

    @property
    def _daily(self) -> float:
        """Return how many alerts a device may open in a day."""
        a_day = self.budget.rate * DAY_S if self.budget.scope is BudgetScope.DEVICE else 0.0
        return max(FEWEST, GENEROUS * a_day)
