"""The rows of one step, as the stages hand them on.

In: nothing. Out: `Rows` (who, when, what) and `Forecast` (what was expected of them).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS

Floats = NDArray[np.float64]
Slots = NDArray[np.intp]
Mask = NDArray[np.bool_]

DAY_S = 86_400.0
HOURS = 24
HOUR_US = 3600 * MICROSECONDS
DAY_US = HOURS * HOUR_US

WEEKEND = np.array([0, 0, 1, 1, 0, 0, 0])
"""Whether a day is one of a weekend, counted from 1970-01-01, a Thursday."""

LARGEST = float(np.finfo(np.float32).max)
"""What is larger is kept as that large, where float32 is kept: infinity would stay for ever."""

MEAN_TO_SIGMA = 1.25
"""Standard deviation over mean absolute deviation of a Gaussian: sqrt(pi / 2)."""


def plain_rate(seen: NDArray[np.integer[Any]]) -> Floats:
    """Return how far a plain mean of `seen` readings moves to the next: 1/n. Shapes: (B,)."""
    rate: Floats = 1.0 / (seen + 1)
    return rate


def learning_rate(plain: Floats, gap_s: Floats, memory_s: float | Floats) -> Floats:
    """Return how far a mean that forgets moves to a reading `gap_s` after the last: as the `plain` one (B,) at first.

    Shapes: (B,); with several memories (M, 1), (M, B).
    """
    return np.maximum(plain, -np.expm1(gap_s / -memory_s))


def turns_of(at_us: NDArray[np.int64], period_us: int) -> tuple[Floats, Floats]:
    """Return sine and cosine of how far moments (B,) are through their period."""
    angle = (2.0 * np.pi / period_us) * (at_us % period_us)
    return np.sin(angle), np.cos(angle)


@dataclass(frozen=True, eq=False)
class Rows:
    """The readings of a batch that are in order: one row each, no channel twice.

    Shapes: every array is (B,).
    """

    slots: Slots
    """Channel slots."""
    values: Floats
    """In the channel's unit."""
    at_us: NDArray[np.int64]
    """Event times."""
    gap_s: Floats
    """Seconds since the channel's last reading; 0 at its first."""
    siblings: NDArray[np.int64]
    """Channels of the device that were known when this reading came, itself included."""
    fleet: NDArray[np.int64]
    """Channels of all devices that were known when this reading came, itself included."""

    def only(self, places: Slots) -> "Rows":
        """Return the rows at these places, in order; the very same where that is all of them."""
        if len(places) == len(self.slots):
            return self
        columns = (self.slots, self.values, self.at_us, self.gap_s, self.siblings, self.fleet)
        return Rows(*(column[places] for column in columns))  # type: ignore[arg-type]

    @cached_property
    def hour(self) -> NDArray[np.int64]:
        """Return the hour of the day, 0 to 23. Shape (B,)."""
        return self.at_us // HOUR_US % HOURS

    @cached_property
    def hour_of_kind(self) -> NDArray[np.int64]:
        """Return the hour among those of its kind of day: 0 to 23 on weekdays, 24 to 47 at weekends. Shape (B,)."""
        hour: NDArray[np.int64] = self.hour + HOURS * WEEKEND.take(self.at_us // DAY_US % 7)
        return hour

    @cached_property
    def day_turns(self) -> Floats:
        """Return sine and cosine of the time of day, and those of twice its angle. Shape (4, B)."""
        sine, cosine = turns_of(self.at_us, DAY_US)
        return np.array((sine, cosine, 2.0 * sine * cosine, cosine * cosine - sine * sine))


@dataclass(frozen=True, eq=False, slots=True)
class Forecast:
    """What was expected of each row before its value was looked at. Shapes: every array is (B,)."""

    known: Mask
    """False for a channel's first readings: the numbers of such a row mean nothing."""
    steps_seen: NDArray[np.int64]
    """Readings of the channel before this one."""
    expected: Floats
    """In the channel's unit, as are the bounds."""
    lower: Floats
    upper: Floats
    usual: Floats
    """The channel's long-run location, in its unit."""
    spread: Floats
    """Its mean absolute deviation, in its unit; never zero."""
    unit: Floats
    """Its step unit, in its unit; never zero."""
    scale: Floats
    """Size of the residual to expect of this very row, in its unit; never zero."""
    daily: Floats
    """What is usual at this time of day, in its unit; 0 where not known."""
    daily_known: Mask
    """False for a channel's first day."""
