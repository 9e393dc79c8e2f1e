"""The forecast organ: moves every channel's recurrent state one step and says what its next reading should be.

In: `Rows`. Out: a `HeadForecast` made before the value is looked at; `learn` then takes the value in. The shared
network forecasts, the channel's own head corrects, and bounds follow their own coverage. One reading costs one cell
step, never a window.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.forecast.head import Head, Lesson
from detector.forecast.network import Network
from detector.forecast.profile import DayProfile
from detector.forecast.regressors import OWN, Columns, Moment, RecentBlock, regressors
from detector.forecast.scaling import ScaleBlock, Scales, features
from detector.forecast.skill import Skill
from detector.settings import HeadKind
from detector.state.block import Block
from detector.state.freed_memory import keep_freed_memory
from detector.state.rows import DAY_S, Floats, Forecast, Mask, Rows, Slots, learning_rate

FIRST_FORECAST = 2
"""A channel needs this many readings before a difference can be forecast."""

COVERAGE = 0.95
"""Share of readings that the bounds are to hold."""

WIDTH_GAIN = 0.05
"""Step, in log width, by which the bounds follow their own coverage."""

WIDTHS = (0.5, 100.0)
"""Limits of the width, in scales: a night without change must not take a morning to make up for."""

LARGEST_STEP = 200.0
"""Forecast differences beyond this many step units are not believed."""

SHARPNESS = 0.5
"""Power at which the network's own scale is taken: it knows when residuals grow, and exaggerates by how much."""

NOISE_FLOOR = 0.1
"""In step units; keeps a noise-free channel from being certain."""

LONGEST_GAP = 10.0
"""Cadences that a gap counts for at most."""

ACCEPT_S = DAY_S
"""Suspicion that lasts longer than this is the new normal."""


class ForecastBlock(Block):
    """What the forecast of each channel remembers.

    Columns: `state` (N, S) float32, the network's memory, hidden part first; `width` (N,) of the bounds, in scales;
    `noise` (N,), mean size of residuals, step units; `suspect_s` (N,), how long the channel has been suspect;
    `daily`, `daily_known` (N,), what was usual at the time of day of the last reading, its unit.
    """

    of_network: ClassVar[frozenset[str]] = frozenset({"state"})

    state: NDArray[np.float32]
    width: Floats
    noise: Floats
    suspect_s: Floats
    daily: Floats
    daily_known: Mask

    def __init__(self, state_width: int) -> None:
        """Start without rows; new memories are zero, as in training."""
        starts = {"width": 2.5, "noise": 1.0, "suspect_s": 0.0, "daily": 0.0}
        super().__init__(
            {
                "state": ((state_width,), np.float32, 0.0),
                "daily_known": ((), np.bool_, 0),
                **{name: ((), np.float64, start) for name, start in starts.items()},
            }
        )


@dataclass(frozen=True, eq=False, slots=True)
class HeadForecast(Forecast):
    """A forecast, and what it was made from. Shapes: regressors (B, OWN + H); sharpness (B,)."""

    scales: Scales
    regressors: Columns
    sharpness: Floats
    """The network's scale for this very row, tempered; of order one."""


class Forecaster:
    """The shared network, and every channel's own memory, scale, daily profile and head."""

    def __init__(self, network: Network, memory_s: float, head: HeadKind = HeadKind.RLS) -> None:
        """Forecast with `network`, corrected by heads of this kind; scales forget with time constant `memory_s`."""
        keep_freed_memory()
        self._network = network
        self.scale = ScaleBlock(memory_s)
        self.block = ForecastBlock(network.cell.width)
        self.recent = RecentBlock()
        self.profile = DayProfile()
        self.head = Head(head, OWN + network.cell.hidden)
        self.skill = Skill()

    def blocks(self) -> dict[str, Block]:
        """Return all that is remembered, by name."""
        return {
            "scale": self.scale,
            "forecast": self.block,
            "recent": self.recent,
            "profile": self.profile.block,
            "head": self.head.block,
            "skill": self.skill.block,
        }

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for block in self.blocks().values():
            block.grow(channels)

    def predict(self, rows: Rows) -> HeadForecast:
        """Step the memories with all that was known before these values, and forecast the values."""
        slots, scales = rows.slots, self.scale.of(rows.slots)
        daily, daily_known = self.profile.usual(slots, rows.at_us)
        moment, log_scale = self._step(rows, scales, daily, daily_known)
        seen_by_head = regressors(slots, moment, scales, self.recent)
        location = (moment.location + self.head.correct(slots, seen_by_head)).clip(-LARGEST_STEP, LARGEST_STEP)
        unit, sharpness = scales.unit, np.exp(SHARPNESS * log_scale)
        expected, size = scales.last + unit * location, unit * self.block.noise[slots] * sharpness
        half = self.block.width[slots] * size
        return HeadForecast(
            known=scales.count >= FIRST_FORECAST,
            steps_seen=scales.count,
            expected=expected,
            lower=expected - half,
            upper=expected + half,
            usual=scales.location,
            spread=scales.spread,
            unit=unit,
            scale=size,
            daily=daily,
            daily_known=daily_known,
            scales=scales,
            regressors=seen_by_head,
            sharpness=sharpness,
        )

    def _step(self, rows: Rows, scales: Scales, daily: Floats, daily_known: Mask) -> tuple[Moment, Floats]:
        """Step the memories; return what the heads may see of the moment, and the network's log scale (B,)."""
        slots, block, hidden = rows.slots, self.block, self._network.cell.hidden
        seen = features(scales, rows.gap_s, rows.at_us, (rows.day_turns[0], rows.day_turns[1]))
        memory, step = self._network.step(seen, block.state.take(slots, axis=0))
        # a channel's first reading has no past to remember: its memory starts at the second one, as in training
        block.state[slots] = memory
        block.state[slots[scales.count == 0]] = 0.0
        to_daily = np.where(daily_known, daily - scales.last, 0.0)
        change = np.where(daily_known & block.daily_known[slots], daily - block.daily[slots], 0.0)
        return Moment(seen, memory[:, :hidden], step.location, to_daily, change), step.log_scale

    def learn(self, rows: Rows, forecast: HeadForecast, suspect: Mask) -> None:
        """Take the values in; from `suspect` rows nothing is learnt until suspicion has lasted for `ACCEPT_S`."""
        slots, scales = rows.slots, forecast.scales
        gap_s = np.minimum(rows.gap_s, LONGEST_GAP * scales.cadence_s)
        trust = self._trust(slots, gap_s, suspect)
        residual = ((rows.values - forecast.expected) / forecast.unit).clip(-LARGEST_STEP, LARGEST_STEP)
        known = np.where(forecast.known, trust, 0.0)
        noise = self.block.noise[slots]
        self.head.learn(slots, forecast.regressors, Lesson(residual, noise * forecast.sharpness, known, rows.gap_s))
        self._widen(rows, forecast, known)
        self._learn_noise(rows, forecast, residual, known)
        self._learn_skill(rows, forecast, residual, known * learning_rate(scales.plain, gap_s, DAY_S))
        self.recent.learn(rows, scales)
        self.block.daily[slots], self.block.daily_known[slots] = forecast.daily, forecast.daily_known
        self.profile.learn(slots, rows.at_us, rows.values, trust > 0.0)
        self.scale.update(slots, rows.values, rows.gap_s, trust, scales)

    def _trust(self, slots: Slots, gap_s: Floats, suspect: Mask) -> Floats:
        """Return the weight of every row (B,): none where suspect, all again when that has lasted long enough."""
        lasted = np.where(suspect, self.block.suspect_s[slots] + gap_s, 0.0)
        self.block.suspect_s[slots] = lasted
        return np.where(suspect & (lasted < ACCEPT_S), 0.0, 1.0)

    def _widen(self, rows: Rows, forecast: Forecast, trust: Floats) -> None:
        """Let the bounds follow their coverage.

        Source: adaptive conformal inference, Gibbs and Candes 2021, eq. 2, on the logarithm of the width.
        """
        outside = (rows.values < forecast.lower) | (rows.values > forecast.upper)
        nudge = trust * WIDTH_GAIN * (outside - (1.0 - COVERAGE))
        self.block.width[rows.slots] = (self.block.width[rows.slots] * np.exp(nudge)).clip(*WIDTHS)

    def _learn_noise(self, rows: Rows, forecast: HeadForecast, residual: Floats, trust: Floats) -> None:
        """Move the mean size of residuals, a far one by five of it, over a day."""
        noise = self.block.noise[rows.slots]
        rate = trust * learning_rate(forecast.scales.plain, rows.gap_s, DAY_S)
        size = np.minimum(np.abs(residual) / forecast.sharpness, 5.0 * noise)
        self.block.noise[rows.slots] = np.maximum(noise + rate * (size - noise), NOISE_FLOOR)

    def _learn_skill(self, rows: Rows, forecast: HeadForecast, residual: Floats, rate: Floats) -> None:
        """Move the errors of the forecast and of the last value."""
        change = ((rows.values - forecast.scales.last) / forecast.unit).clip(-LARGEST_STEP, LARGEST_STEP)
        self.skill.learn(rows.slots, np.abs(residual), np.abs(change), rate)
