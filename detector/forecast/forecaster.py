"""The forecast organ: moves every channel's recurrent state one step and says what its next reading should be.

In: `Rows`. Out: a `Forecast` made before the value is looked at; `learn` then takes the value in.
One reading costs one cell step, never a window. Adaptive heads and further horizons belong here.
"""

import numpy as np
from numpy.typing import NDArray

from detector.forecast.network import Network
from detector.forecast.scaling import ScaleBlock
from detector.state.block import Block
from detector.state.rows import Floats, Forecast, Rows

FIRST_FORECAST = 2
"""A channel needs this many readings before a difference can be forecast."""

COVERAGE = 0.95
"""Share of readings that the bounds are to hold."""

WIDTH_GAIN = 0.05
"""Step, in log width, by which the bounds follow their own coverage."""

LARGEST_STEP = 200.0
"""Forecast differences beyond this many step units are not believed."""


class ForecastBlock(Block):
    """Each channel's memory: `state` (N, S) float32, hidden part first; `width` (N,) of the bounds, in forecast scales."""

    state: NDArray[np.float32]
    width: Floats

    def __init__(self, state_width: int) -> None:
        """Start without rows; new memories are zero, as in training."""
        super().__init__({"state": ((state_width,), np.float32, 0.0), "width": ((), np.float64, 2.5)})


class Forecaster:
    """The shared network and every channel's own memory and scale."""

    def __init__(self, network: Network, memory_s: float) -> None:
        """Forecast with `network`; scales forget with time constant `memory_s`."""
        self._network = network
        self.scale = ScaleBlock(memory_s)
        self.block = ForecastBlock(network.cell.width)

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        self.scale.grow(channels)
        self.block.grow(channels)

    def predict(self, rows: Rows) -> Forecast:
        """Step the memories with all that was known before these values, and forecast the values."""
        slots = rows.slots
        features = self.scale.features(slots, rows.gap_s, rows.at_us)
        seen = self.scale.count[slots]
        memory, step = self._network.step(features, self.block.state[slots])
        # a channel's first reading has no past to remember: its memory starts at the second one, as in training
        self.block.state[slots] = np.where(seen[:, None] > 0, memory, np.float32(0.0))
        unit, last = self.scale.unit(slots), self.scale.last[slots]
        expected = last + unit * np.clip(step.location, -LARGEST_STEP, LARGEST_STEP)
        half = self.block.width[slots] * unit * np.exp(step.log_scale)
        return Forecast(
            known=seen >= FIRST_FORECAST,
            steps_seen=seen,
            expected=expected,
            lower=expected - half,
            upper=expected + half,
            usual=self.scale.location[slots],
            spread=self.scale.spread(slots),
            unit=unit,
        )

    def learn(self, rows: Rows, forecast: Forecast) -> None:
        """Take the values in: the scales move, and the bounds follow their coverage.

        Source: adaptive conformal inference, Gibbs and Candes 2021, eq. 2, on the logarithm of the width.
        """
        outside = (rows.values < forecast.lower) | (rows.values > forecast.upper)
        nudge = np.where(forecast.known, WIDTH_GAIN * (outside - (1.0 - COVERAGE)), 0.0)
        self.block.width[rows.slots] = np.clip(self.block.width[rows.slots] * np.exp(nudge), 0.05, 100.0)
        self.scale.update(rows.slots, rows.values, rows.gap_s)
