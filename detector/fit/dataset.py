"""Series to what the network learns from: feature rows, and the next difference in step units.

In: series. Out: `Sequences`. The features come out of the very `ScaleBlock` that serves the daemon, one row a
series, one step a reading, so that the network meets in service what it met in training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.fit.series import Series
from detector.forecast.scaling import FEATURES, ScaleBlock

Number = TypeVar("Number", bound=np.generic)

WARM_UP_READINGS = 20
"""Readings of a channel before its scales mean anything; earlier ones are seen, not learnt from."""

TARGET_LIMIT = 30.0
"""Differences beyond this many step units are learnt as this many."""

MEMORY_S = 7 * 86_400.0
"""How long scales remember in training: the default of `engine.memory`."""


SEQUENCE_STEPS = 2048
"""Longest stretch through which training carries a state; longer series are cut into such pieces."""


@dataclass(frozen=True, eq=False)
class Sequences:
    """What the network reads and what it should have said, padded to one length.

    Shapes: features (B, T, F) float32; target (B, T) float32, the arriving difference in step units;
    counted (B, T) bool, False in warm-up and in padding.
    """

    features: NDArray[np.float32]
    target: NDArray[np.float32]
    counted: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return how many sequences there are."""
        return len(self.target)


def sequences_of(series: Sequence[Series], memory_s: float = MEMORY_S) -> Sequences:
    """Return one sequence for each series; its first step is the second reading, the first that has a past."""
    rows, steps = len(series), max(len(one) for one in series) - 1
    features = np.zeros((rows, steps, FEATURES), dtype=np.float32)
    target = np.zeros((rows, steps), dtype=np.float32)
    lengths = np.array([len(one) for one in series])
    block = ScaleBlock(memory_s)
    block.grow(rows)
    before = np.zeros(rows, dtype=np.int64)
    for step in range(-1, steps):
        slots = np.flatnonzero(lengths > step + 1)
        active = [series[slot] for slot in slots.tolist()]
        at_us = np.array([one.at_us[step + 1] for one in active])
        values = np.array([one.values[step + 1] for one in active])
        gap_s = (at_us - before[slots]) / MICROSECONDS if step >= 0 else np.zeros(rows)
        if step >= 0:
            features[slots, step] = block.features(slots, gap_s, at_us)
            difference = (values - block.last[slots]) / block.unit(slots)
            target[slots, step] = np.clip(difference, -TARGET_LIMIT, TARGET_LIMIT)
        block.update(slots, values, gap_s)
        before[slots] = at_us
    readings = np.arange(1, steps + 1)
    counted = (readings >= WARM_UP_READINGS) & (readings < lengths[:, np.newaxis])
    return Sequences(features, target, counted)


def cut(sequences: Sequences, length: int = SEQUENCE_STEPS) -> Sequences:
    """Return the same steps in pieces of at most `length`, without those in which nothing counts."""
    rows, steps = sequences.target.shape
    length = min(length, steps)
    pieces = -(-steps // length)
    padding = pieces * length - steps

    def fold(array: NDArray[Number]) -> NDArray[Number]:
        """Pad the steps and split them. Shapes: (B, T, ...) to (B x pieces, length, ...)."""
        padded = np.pad(array, [(0, 0), (0, padding)] + [(0, 0)] * (array.ndim - 2))
        return padded.reshape(rows * pieces, length, *array.shape[2:])

    counted = fold(sequences.counted)
    kept = counted.any(axis=1)
    return Sequences(fold(sequences.features)[kept], fold(sequences.target)[kept], counted[kept])
