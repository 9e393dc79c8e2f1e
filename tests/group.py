"""Groups of channels for tests of the cohort organ: readings of several channels, and what the organ says of them.

In: values (T, D) of D channels side by side. Out: what was said of each reading, in stream order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.peers import PeersOrgan
from detector.domain import MICROSECONDS, EventTime
from detector.forecast.scaling import ScaleBlock
from detector.state.rows import Forecast, Rows
from tests.fleet import START

HOUR_US = 3600 * MICROSECONDS
CADENCE_S = 600.0
STEPS_A_DAY = 144

Heard = tuple[int, int, float]
"""One reading: slot, event time, value."""

Words = tuple[bool, float, float, float]
"""What was said of a reading: known, strangeness, deviation, expected."""


def weather(seed: int, days: float, channels: int, *, own: float = 0.1) -> NDArray[np.float64]:
    """Return values (T, D): one weather for all, each channel with a place, a gain and a noise of its own."""
    generator, steps = np.random.default_rng(seed), round(days * STEPS_A_DAY)
    moments = np.arange(steps) / STEPS_A_DAY
    wander = 0.05 * generator.standard_normal(steps).cumsum()
    common = 20.0 + 3.0 * np.sin(2.0 * np.pi * moments) + wander
    gain, place = generator.uniform(0.9, 1.1, channels), generator.uniform(-2.0, 2.0, channels)
    return common[:, None] * gain + place + own * generator.standard_normal((steps, channels))


def stream(values: NDArray[np.float64], *, first_slot: int = 0) -> list[Heard]:
    """Return the readings of values (T, D): channels speak one after another within each ten minutes."""
    return [
        (first_slot + channel, START + round((step * CADENCE_S + 7.0 * channel) * MICROSECONDS), float(value))
        for step, row in enumerate(values)
        for channel, value in enumerate(row)
    ]


@dataclass
class Listener:
    """An organ, and the scales of the forecast that stand before it in the engine."""

    groups: Sequence[int]
    """The group of each slot; -1 for none."""
    organ: PeersOrgan = field(default_factory=PeersOrgan)
    scale: ScaleBlock = field(default_factory=lambda: ScaleBlock(7 * 86400.0))
    last_us: dict[int, int] = field(default_factory=dict)
    hour: int = START // HOUR_US

    def say(self, heard: Sequence[Heard], *, most: int = 1000) -> list[Words]:
        """Return what is said of each reading, in batches of at most `most`, cut where a channel or an hour turns."""
        said: list[Words] = []
        batch: list[Heard] = []
        for one in heard:
            turns = one[1] // HOUR_US > self.hour
            if batch and (turns or len(batch) == most or one[0] in {slot for slot, _, _ in batch}):
                said += self._step(batch)
                batch = []
            if turns:
                self.hour = one[1] // HOUR_US
                self.organ.turn(EventTime(self.hour * HOUR_US))
            batch.append(one)
        return said + (self._step(batch) if batch else [])

    def _step(self, batch: Sequence[Heard]) -> list[Words]:
        """Judge and learn one batch."""
        for slot, at_us, _ in batch:
            if slot not in self.last_us:
                self._welcome(slot)
                self.last_us[slot] = at_us
        rows = self._rows(batch)
        scales = self.scale.of(rows.slots)
        usual, spread, seen = scales.location, scales.spread, scales.count
        value, unknown = rows.values, seen < 0
        forecast = Forecast(seen > 1, seen, value, value, value, usual, spread, spread, spread, value, unknown)
        opinion = self.organ.judge(rows, forecast)
        self.organ.learn(rows, forecast, opinion, np.zeros(len(batch), np.bool_))
        self.scale.update(rows.slots, rows.values, rows.gap_s)
        columns = (opinion.known, opinion.strangeness, opinion.deviation, opinion.expected)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _welcome(self, slot: int) -> None:
        """Make room for a channel and seat it in its group."""
        self.organ.grow(max(slot + 1, len(self.organ.block)))
        self.scale.grow(max(slot + 1, len(self.organ.block)))
        if self.groups[slot] >= 0:
            self.organ.join(slot, self.groups[slot])

    def _rows(self, batch: Sequence[Heard]) -> Rows:
        """Return the batch as the stages before the organ would hand it on."""
        slots, at_us, values = (np.array(column) for column in zip(*batch, strict=True))
        gap_s = (at_us - np.array([self.last_us[slot] for slot in slots.tolist()])) / MICROSECONDS
        self.last_us.update(zip(slots.tolist(), at_us.tolist(), strict=True))
        ones = np.ones(len(batch), np.int64)
        return Rows(slots, values.astype(np.float64), at_us, gap_s, ones, ones)


def verdict(values: NDArray[np.float64], groups: Sequence[int] | None = None) -> NDArray[np.float64]:
    """Return the strangeness (T, D) of channels that all belong to one group, or to the `groups` told."""
    listener = Listener(groups if groups is not None else [0] * values.shape[1])
    said = listener.say(stream(values))
    return np.array([strangeness for _, strangeness, _, _ in said]).reshape(values.shape)
