"""The clean streams of a site: one channel of each device, as recorded, with the yardsticks that faults are measured in.

In: a site's readings. Out: arrays, and where their readings stand among the site's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.domain import Reading
from detector.state.rows import Floats

LEAST_STEP = 0.03
"""Smallest median step, in the channel's unit: a channel that hardly moves still has a yardstick."""

MAD_TO_SIGMA = 1.4826
"""Standard deviation over median absolute deviation of a Gaussian."""


@dataclass(frozen=True, eq=False, slots=True)
class Stream:
    """One channel of one device as recorded. Shapes: every array is (T,), in order of time."""

    places: NDArray[np.intp]
    """Where its readings stand among the site's."""
    at_us: NDArray[np.int64]
    values: Floats

    @property
    def deviation(self) -> float:
        """Return the clean stream's own standard deviation."""
        return float(self.values.std())

    @property
    def median_step(self) -> float:
        """Return 1.4826 times the median absolute deviation of its differences, at least 0.03."""
        steps = np.diff(self.values)
        return max(MAD_TO_SIGMA * float(np.median(np.abs(steps - np.median(steps)))), LEAST_STEP)


def streams_of(readings: Sequence[Reading], channel: str) -> dict[str, Stream]:
    """Return every device's stream of one channel, devices sorted by name."""
    places: dict[str, list[int]] = {}
    for place, reading in enumerate(readings):
        if reading.channel == channel:
            places.setdefault(reading.device, []).append(place)
    return {device: _stream(readings, found) for device, found in sorted(places.items()) if len(found) > 1}


def _stream(readings: Sequence[Reading], places: Sequence[int]) -> Stream:
    """Return the stream of the readings at these places, in order of their time."""
    in_time = sorted(places, key=lambda place: readings[place].at)
    at_us = np.array([readings[place].at for place in in_time], np.int64)
    return Stream(np.array(in_time), at_us, np.array([readings[place].value for place in in_time]))
