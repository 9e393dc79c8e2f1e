"""Episodes: exceedances joined by hysteresis, in one lane for each way of being strange.

In: how strong each lane is at each row (1.0 is its threshold). Out: which episodes opened, worsened or closed.
Opening and closing alternate in every lane; severity only grows within an episode.
"""

from dataclasses import dataclass
from enum import IntEnum

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
    """Columns (N, LANES): open; suspect_since and onset (µs, 0 where none); calm; severity; kind, a code of the opener's."""

    open: NDArray[np.bool_]
    suspect_since: NDArray[np.int64]
    onset: NDArray[np.int64]
    calm: NDArray[np.int16]
    severity: NDArray[np.int8]
    kind: NDArray[np.int8]

    def __init__(self) -> None:
        """Start without rows."""
        codes = dict.fromkeys(("severity", "kind"), ((LANES,), np.int8, 0))
        times = dict.fromkeys(("suspect_since", "onset"), ((LANES,), np.int64, 0))
        super().__init__({"open": ((LANES,), np.bool_, 0), "calm": ((LANES,), np.int16, 0), **times, **codes})


@dataclass(frozen=True, eq=False, slots=True)
class Turns:
    """Which episodes turned: (B, LANES) masks over the rows of the step."""

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
        block, slots = self.block, rows.slots
        was_open, exceeds, suspect = block.open.take(slots, axis=0), strength >= 1.0, strength >= CALM_BELOW
        calm = np.where(suspect, 0, block.calm.take(slots, axis=0) + 1).astype(np.int16)
        opened = exceeds & ~was_open
        closed = was_open & (calm >= CALM_READINGS)
        suspect_since, had_severity = block.suspect_since.take(slots, axis=0), block.severity.take(slots, axis=0)
        since = np.where(suspect & (suspect_since == 0), since_us, suspect_since)
        severity = (strength >= WARNING_FROM).astype(np.int8) + (strength >= CRITICAL_FROM)
        severity[behind] = 0
        worsened = was_open & ~closed & (severity > had_severity)
        block.suspect_since[slots] = np.where(suspect, since, 0)
        block.calm[slots] = np.minimum(calm, CALM_READINGS)
        for turned, column, numbers in (
            (opened, block.onset, since),
            (opened, block.kind, kind),
            (opened | worsened, block.severity, severity),
            (opened | closed, block.open, opened),
        ):
            rows_turned, lanes = turned.nonzero()  # few, and mostly none
            if len(lanes):
                column[slots[rows_turned], lanes] = numbers[rows_turned, lanes]
        return Turns(opened, worsened, closed)
