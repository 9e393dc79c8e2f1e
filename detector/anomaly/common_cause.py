"""Common causes: what several peers show within the hour is the weather, the grid or the building, and no device's own.

In: how strange rows are, on axes like logarithms, and the panel of their peers. Out: what of it is a row's own. The
first devices to show it are told; for whoever comes later it counts only as far as it is stranger than theirs.
"""

import numpy as np

from detector.anomaly.company import Panel
from detector.state.block import Block
from detector.state.rows import Floats, Rows

FADES_S = 3600.0
"""Time over which what a channel showed fades."""

AHEAD = 2.0
"""Twice as strange as its peers counts in full."""


class CommonCauseBlock(Block):
    """Column (N, K): shown, the strangest of late, fading."""

    shown: Floats

    def __init__(self, axes: int) -> None:
        """Start without rows."""
        super().__init__({"shown": ((axes,), np.float64, 0.0)})


class CommonCause:
    """What every channel showed of late, on K axes."""

    def __init__(self, axes: int) -> None:
        """Remember nothing."""
        self.block = CommonCauseBlock(axes)

    def shown(self, rows: Rows, strangeness: Floats) -> Floats:
        """Return the strangest that each row's channel showed of late, this row included. Shapes: (B, K)."""
        faded = self.block.shown[rows.slots] * np.exp(-rows.gap_s / FADES_S)[:, None]
        return np.maximum(strangeness, faded)

    def own(self, strangeness: Floats, shown: Floats, panel: Panel) -> Floats:
        """Return what of the rows' strangeness (B, K) is their own, beside what at least two peers have shown."""
        if not panel.seated.any():
            return strangeness
        own = np.empty_like(strangeness)
        for axis, (strange, of_rows) in enumerate(zip(strangeness.T, shown.T, strict=True)):
            others = np.where(panel.present, panel.latest(of_rows, self.block.shown[:, axis]), 0.0)
            second = np.partition(others, -2, axis=1)[:, -2]
            own[:, axis] = np.minimum(strange, AHEAD * np.maximum(strange - second, 0.0))
        return own

    def learn(self, rows: Rows, shown: Floats) -> None:
        """Remember what the rows showed."""
        self.block.shown[rows.slots] = shown
