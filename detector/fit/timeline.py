"""When a synthetic sensor speaks: cadences from one second to one hour, jitter, lost readings and gaps.

In: a generator and a length. Out: a `Timeline`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS

Floats = NDArray[np.float64]

CADENCES_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
"""Cadences of real fleets; the longer ones, in which days are seen, are drawn more often."""

CADENCE_WEIGHTS = np.array([3, 2, 2, 3, 4, 8, 5, 16, 8, 6, 6, 10]) / 73.0

EARLIEST_S, LATEST_S = 946_684_800, 1_893_456_000
"""Streams start between 2000 and 2030."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """The moments of a stream's readings. Shapes: at_us (T,) int64, event time, rising; cadence_s the usual gap."""

    at_us: NDArray[np.int64]
    cadence_s: float

    def __len__(self) -> int:
        """Return how many readings there are."""
        return len(self.at_us)

    @property
    def seconds(self) -> Floats:
        """Seconds since 1970. Shape (T,)."""
        return self.at_us / MICROSECONDS

    @property
    def position(self) -> Floats:
        """Cadences since the first reading, so that a rhythm goes on during a gap. Shape (T,)."""
        elapsed_s: Floats = (self.at_us - self.at_us[0]) / MICROSECONDS
        return elapsed_s / self.cadence_s


def draw_timeline(generator: np.random.Generator, length: int) -> Timeline:
    """Return the moments of `length` readings, to the millisecond."""
    cadence_s = float(generator.choice(CADENCES_S, p=CADENCE_WEIGHTS))
    strides = np.ones(length)
    if generator.random() < 0.5:
        strides += generator.uniform(-1.0, 1.0, length) * 10.0 ** generator.uniform(-3.0, -0.5)
    if generator.random() < 0.3:  # single readings lost on the way
        strides += generator.random(length) < 10.0 ** generator.uniform(-3.0, -0.7)
    if generator.random() < 0.25:  # outages
        places = generator.integers(0, length, generator.integers(1, 5))
        strides[places] += 10.0 ** generator.uniform(1.0, 2.3, len(places))
    elapsed_ms = np.round(1000.0 * cadence_s * np.cumsum(strides)).astype(np.int64)
    start_ms = 1000 * int(generator.integers(EARLIEST_S, LATEST_S))
    return Timeline((start_ms + elapsed_ms) * (MICROSECONDS // 1000), cadence_s)
