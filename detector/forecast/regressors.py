"""What a channel's adaptive head sees beside the network's memory: its own recent and daily past.

In: what the stages before know of the arriving moment. Out: rows of regressors, all of order one. Short means and
older steps are kept here; everything else is read where it is kept.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.forecast.scaling import DAY_CLOCK, Scales
from detector.state.block import Block
from detector.state.rows import Floats, Rows, Slots, learning_rate
from detector.state.wide import upright

Columns = NDArray[np.float32]

OWN = 16
"""Regressors before the hidden state: constant, level, 4 steps, 3 means, 2 of the day, 4 of the clock, network."""

OLDER_STEPS = 3
"""Steps before the last one."""

MEANS_S = np.array([[1_200.0], [7_200.0], [43_200.0]])
"""Time constants of the short means: twenty minutes, two hours, twelve hours."""

FAR_SPREADS, FAR_UNITS = 8.0, 20.0
"""Limits of the level, in spreads, and of everything in step units."""

DISTANCE_SHARE = 0.3
"""Distances in step units are taken at this share, so that they weigh as much as the others."""


class RecentBlock(Block):
    """Recent past of each channel: `steps` (N, 3) float32, asinh of older differences; `means` (N, 3), its unit."""

    steps: Columns
    means: Floats

    def __init__(self) -> None:
        """Start without rows."""
        steps, means = ((OLDER_STEPS,), np.float32, 0.0), ((len(MEANS_S),), np.float64, 0.0)
        super().__init__({"steps": steps, "means": means})

    def learn(self, rows: Rows, scales: Scales) -> None:
        """Take the values in; `scales` are those before them."""
        slots = rows.slots
        steps = np.empty((len(slots), OLDER_STEPS), np.float32)
        steps[:, 0], steps[:, 1:] = scales.last_step, self.steps.take(slots, axis=0)[:, :-1]
        self.steps[slots] = steps
        means, rate = upright(self.means.take(slots, axis=0)), learning_rate(scales.plain, rows.gap_s, MEANS_S)
        means += rate * (rows.values - means)
        self.means[slots] = means.T


class Moment(NamedTuple):
    """What the other stages know of the arriving moment. Shapes: B rows."""

    features: Columns
    """(B, F), as the network saw them."""
    hidden: Columns
    """(B, H), the network's memory."""
    location: Floats
    """(B,) the network's forecast, step units."""
    to_daily: Floats
    """(B,) from the last value to what is usual now at this time of day, the channel's unit; 0 where not known."""
    daily_change: Floats
    """(B,) by how much the usual moved since the last reading, likewise."""


def regressors(slots: Slots, moment: Moment, scales: Scales, recent: RecentBlock) -> Columns:
    """Return the rows of regressors, `OWN` and the hidden state. Shapes: slots (B,); returns (B, OWN + H) float32."""
    last, sine, cosine = scales.last, *moment.features.T[DAY_CLOCK]
    own = np.empty((OWN, len(slots)), np.float32)  # a row each, which are written in a third of the time of columns
    own[0] = 1.0
    own[1] = ((scales.location - last) / scales.spread).clip(-FAR_SPREADS, FAR_SPREADS)
    own[2] = scales.last_step
    own[3:6] = recent.steps.take(slots, axis=0).T
    far = np.empty((5, len(slots)))
    far[:3] = recent.means.take(slots, axis=0).T - last
    far[3], far[4] = moment.to_daily, moment.daily_change
    own[6:11] = DISTANCE_SHARE * (far / scales.unit).clip(-FAR_UNITS, FAR_UNITS)
    own[11], own[12] = sine, cosine
    own[13], own[14] = 2.0 * sine * cosine, cosine * cosine - sine * sine  # twice a day
    own[15] = moment.location.clip(-FAR_UNITS, FAR_UNITS)
    return np.concatenate((own.T, moment.hidden), axis=1)
