"""Episodes: exceedances joined by hysteresis, in one lane for each way of being strange.

In: how strong each lane is at each row (1.0 is its threshold). Out: which episodes opened, worsened or closed.
Opening and closing alternate in every lane; severity only grows within an episode.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.rows import Floats, Mask, Rows, Slots


class Lane(IntEnum):
    """The ways of being strange that have episodes of their own on a channel."""

    LEARNT = 0
    STUCK = 1
    CLIPPED = 2
    RANGE = 3


LANES = len(Lane)

CALM_BELOW = 0.6
"""A lane below this share of its threshold is calm; above it, a run of suspicion goes on."""

CALM_READINGS = 5
"""Calm readings on end that close an episode."""

NONE = np.zeros(0, np.intp)
"""No row."""

WARNING_FROM, CRITICAL_FROM = 1.25, 2.0
"""Strength from which an episode is a warning, and from which it is critical."""


class EpisodeBlock(Block):
    """What is remembered of each lane.

    Columns (N, LANES): open; onset, of the episode or of the suspicion that may become one (µs, 0 where there is neither; an
    episode keeps it for the row that closes it); calm, readings on end; severity; kind, a code of the opener's. Column (N,):
    stirred, whether a lane has an onset.
    """

    open: NDArray[np.bool_]
    onset: NDArray[np.int64]
    calm: NDArray[np.int8]
    severity: NDArray[np.int8]
    kind: NDArray[np.int8]
    stirred: Mask

    def __init__(self) -> None:
        """Start without rows."""
        codes = dict.fromkeys(("calm", "severity", "kind"), ((LANES,), np.int8, 0))
        switches = {"open": ((LANES,), np.bool_, 0), "stirred": ((), np.bool_, 0)}
        super().__init__({**switches, "onset": ((LANES,), np.int64, 0), **codes})


class Turns(NamedTuple):
    """Which episodes turned: (B, LANES) masks over the rows of the step."""

    rows: Slots
    """(C,), rows that had an episode or a suspicion, or have one now: few, and mostly none."""
    opened: Mask
    worsened: Mask
    closed: Mask


class Episodes:
    """The open episodes of every channel."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = EpisodeBlock()

    def step(
        self, rows: Rows, strength: Floats, since_us: NDArray[np.int64], kind: NDArray[np.int8], behind: Slots = NONE
    ) -> Turns:
        """Open, worsen and close.

        Shapes: strength, since_us (earliest possible onset), kind are (B, LANES). Of the rows in `behind` (R,), which tell of what
        is past, nothing is more than for information, until a row that tells of now is as strange.
        """
        restless = self.block.stirred[rows.slots] | (strength.max(axis=1) >= CALM_BELOW)
        concerned = restless.nonzero()[0]
        turns = Turns(concerned, *np.zeros((3, *strength.shape), np.bool_))
        if len(concerned):
            severity = (strength >= WARNING_FROM).astype(np.int8) + (strength >= CRITICAL_FROM)
            severity[behind] = 0
            parts = (strength[concerned], since_us[concerned], kind[concerned], severity[concerned])
            turns.opened[concerned], turns.worsened[concerned], turns.closed[concerned] = self._move(
                rows.slots[concerned], *parts
            )
        return turns

    def _move(
        self,
        slots: Slots,
        strength: Floats,
        since_us: NDArray[np.int64],
        kind: NDArray[np.int8],
        severity: NDArray[np.int8],
    ) -> tuple[Mask, Mask, Mask]:
        """Move the episodes of rows that have one, or are suspect; return what opened, worsened and closed: (C, LANES)."""
        block = self.block
        was_open, suspect = block.open[slots], strength >= CALM_BELOW
        had_calm, onset = block.calm[slots], block.onset[slots]
        calm = np.where(suspect, 0, np.minimum(had_calm + 1, CALM_READINGS))
        opened = (strength >= 1.0) & ~was_open
        closed = was_open & (calm >= CALM_READINGS)
        worsened = was_open & ~closed & (severity > block.severity[slots])
        begins = suspect & ~was_open & ((onset == 0) | (had_calm > 0))
        onset = np.where(begins, since_us, np.where(suspect | was_open, onset, 0))
        block.onset[slots], block.calm[slots] = onset, calm
        block.stirred[slots] = ((onset != 0) | was_open | opened).any(axis=1)
        block.kind[slots] = np.where(opened, kind, block.kind[slots])
        block.severity[slots] = np.where(opened | worsened, severity, block.severity[slots])
        block.open[slots] = (was_open | opened) & ~closed
        return opened, worsened, closed
