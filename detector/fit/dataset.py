"""Series to what the network learns from: feature rows, and the next difference in step units.

In: series. Out: `Sequences`. The features come out of the very `ScaleBlock` that serves the daemon, one row a
series, one step a reading, so that the network meets in service what it met in training.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.forecast.scaling import FEATURES, ScaleBlock, features
from detector.forecast.series import Series

WARM_UP_READINGS = 20
"""Readings of a channel before its scales mean anything; earlier ones are seen, not learnt from."""

TARGET_LIMIT = 30.0
"""Differences beyond this many step units are learnt as this many."""

MEMORY_S = 7 * 86_400.0
"""How long scales remember in training: the default of `engine.memory`."""

SEQUENCE_STEPS = 2048
"""Longest stretch through which training carries a state; longer series are cut into such pieces."""


class _Step(NamedTuple):
    """One step of many series. Shapes: slots (B,), features (B, F), difference (B,) in step units."""

    number: int
    slots: NDArray[np.intp]
    features: NDArray[np.float32]
    difference: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sequences:
    """What the network reads and what it should have said, padded to one length: a series each, or a piece of one.

    Shapes: features (B, T, F) float32; target (B, T) float32, the arriving difference in step units;
    counted (B, T) bool, False in warm-up and in padding.
    """

    features: NDArray[np.float32]
    target: NDArray[np.float32]
    counted: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return how many sequences there are."""
        return len(self.target)


def sequences_of(series: Sequence[Series], longest: int | None = None) -> Sequences:
    """Return the series as sequences, cut into pieces of at most `longest` steps, or one whole sequence each.

    The first step is the second reading, the first that has a past. Pieces of a series follow one another.
    """
    lengths = np.array([len(one) for one in series])
    longest = min(longest or int(lengths.max()), int(lengths.max()) - 1)
    pieces = -(-(lengths - 1) // longest)
    ends = np.cumsum(pieces)
    features = np.zeros((ends[-1], longest, FEATURES), dtype=np.float32)
    target = np.zeros((ends[-1], longest), dtype=np.float32)
    counted = np.zeros((ends[-1], longest), dtype=np.bool_)
    for step, slots, rows, difference in _replay(series, lengths):
        place = (ends - pieces)[slots] + step // longest, step % longest
        features[place], target[place] = rows, np.clip(difference, -TARGET_LIMIT, TARGET_LIMIT)
        counted[place] = step + 1 >= WARM_UP_READINGS
    return Sequences(features, target, counted)


def _replay(series: Sequence[Series], lengths: NDArray[np.intp]) -> Iterator[_Step]:
    """Move all series through one scale block, reading by reading."""
    block = ScaleBlock(MEMORY_S)
    block.grow(len(series))
    before = np.array([one.at_us[0] for one in series])
    for reading in range(int(lengths.max())):
        slots = np.flatnonzero(lengths > reading)
        active = [series[slot] for slot in slots.tolist()]
        at_us = np.array([one.at_us[reading] for one in active])
        values = np.array([one.values[reading] for one in active])
        gap_s = (at_us - before[slots]) / MICROSECONDS
        if reading:
            known = block.of(slots)
            difference = (values - known.last) / known.unit
            yield _Step(reading - 1, slots, features(known, gap_s, at_us), difference)
        block.update(slots, values, gap_s)
        before[slots] = at_us
