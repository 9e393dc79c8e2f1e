"""The scoring organ: streams, each calibrated by its own past, and summed.

In: `Rows` and their `Forecast`. Out: how strange each row is, which stream says so, and how strange the last hour was.
Final before anything is learnt from the row.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.novelty import Novelty
from detector.anomaly.streams import Stream, Streams, View
from detector.anomaly.tails import Tails
from detector.state.block import Block
from detector.state.rows import DAY_US, Floats, Forecast, Mask, Rows
from detector.state.wide import first

NOVELTY = len(Stream)
"""Code of having left the range, after those of the streams."""

VOICES = (*(stream.name.lower() for stream in Stream), "novelty")
"""What the streams and novelty are called where one is taken out, to see what it is worth."""

LOOKED_AT = np.array([*Stream, Stream.RESIDUAL])
"""The stream that looked at what is strange, by which voice says so."""

OF_LEVEL = np.isin(np.arange(len(VOICES)), (Stream.HOUR, Stream.LEVEL))
"""Whether what is strange is a level, likewise."""

LONG = 8.0
"""Rare things are remembered this many times longer than ordinary ones: eight weeks by default."""

SCORED_AFTER = 64
"""Readings before which nothing is called strange."""

ALIKE = 0.5
"""Weight of each rarity in the sum: the streams look at one reading, and what all of them see is seen but once or twice."""

CHANCES = 0.6
"""Decades by which every stream is discounted for each decade of experience: who reads more has more chances."""

WELL_KNOWN, AT_START = 1000.0, 300.0
"""Readings from which chances count, and readings that a channel is taken to have had at its start."""

UNSEEN_DAY = 0.5
"""What levels and ranges count for while nothing of a day was seen, beside what they count for after it."""

SEVERITY_S = 3600.0
"""Time over which severity is averaged."""

SUSPECT_WEIGHT = 0.1
"""Weight of a reading that was itself called strange: the fault is hardly learnt, and nothing locks up."""


@dataclass(frozen=True, eq=False, slots=True)
class Nonconformity:
    """How strange each row is. Shapes: (B,). All on one log axis from 0, about -log10 p for the rarest."""

    strangeness: Floats
    severity: Floats
    """Its mean over the last hour."""
    dominant: NDArray[np.intp]
    """The `Stream` that contributes most, or `NOVELTY`."""
    of_level: Mask
    """What is strange is where the channel stands, rather than how it moved."""
    deviation: Floats
    """What that stream looked at, in the channel's unit, with its sign; the residual where the range was left."""


@dataclass(frozen=True, eq=False, slots=True)
class Judged(Nonconformity):
    """How strange each row is, and what has to be learnt from it."""

    view: View
    beyond: Floats
    """How far the row lies beyond the range seen so far, in ranges, with its sign. Shape (B,)."""


class ScoreBlock(Block):
    """Column (N,): severity, the mean strangeness over the last hour."""

    severity: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({"severity": ((), np.float64, 0.0)})


class Scorer:
    """Calibrated fusion of the streams for every channel."""

    def __init__(self, reference: Floats, memory_s: float, without: Collection[str] = ()) -> None:
        """Borrow the tails of `reference` (K, 2, RUNGS); forget with time constant `memory_s`, the rare `LONG` times slower.

        Streams named in `without` have no say.
        """
        self.streams = Streams(memory_s, LONG * memory_s)
        self.tails = Tails(reference, LONG * memory_s)
        self.novelty = Novelty(LONG * memory_s)
        self.block = ScoreBlock()
        self._muted = [place for place, name in enumerate(VOICES) if name in without]

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for organ in (self.streams, self.tails, self.novelty.block, self.block):
            organ.grow(channels)

    def score(self, rows: Rows, forecast: Forecast) -> Judged:
        """Judge every row by its channel's past. Source: sum of -log10 p, Fisher 1925."""
        slots, view, beyond = rows.slots, self.streams.view(rows, forecast), self.novelty.beyond(rows)
        experience = self.tails.block.experience[slots]
        novelty = self.novelty.rarity(slots, beyond, experience)
        rarities = np.concatenate([self.tails.rarity(slots, view.streams).T, novelty[None, :]])
        if self._muted:
            rarities[self._muted] = 0.0
        rarities[Stream.RESIDUAL + 1 :] *= self._seen_of_day(rows)
        chances = np.log10((experience + AT_START) / WELL_KNOWN)
        discount = CHANCES * (len(Stream) - len(self._muted)) * np.maximum(chances, 0.0)
        fused = ALIKE * np.maximum(rarities.sum(axis=0) - discount, 0.0)
        strangeness = np.where(forecast.steps_seen >= SCORED_AFTER, fused, 0.0)
        severity = self.block.severity[slots]
        severity = severity - np.expm1(rows.gap_s / -SEVERITY_S) * (strangeness - severity)
        dominant = first(rarities == rarities.max(axis=0))
        deviation = view.deviations[np.arange(len(slots)), LOOKED_AT.take(dominant)]
        of_level = OF_LEVEL.take(dominant)
        return Judged(strangeness, severity, dominant, of_level, deviation, view, beyond)

    def _seen_of_day(self, rows: Rows) -> Floats:
        """Return by how much levels and ranges count (B,): a first morning is strange to whoever began at night."""
        first_us = np.minimum(self.streams.habit.block.since_us[rows.slots], rows.at_us)
        day = np.minimum((rows.at_us - first_us) / DAY_US, 1.0)
        return UNSEEN_DAY + (1.0 - UNSEEN_DAY) * day

    def blocks(self) -> dict[str, Block]:
        """Return what is remembered, by name."""
        return {
            "streams": self.streams.block,
            "habit": self.streams.habit.block,
            "tails": self.tails.block,
            "novelty": self.novelty.block,
            "severity": self.block,
        }

    def learn(self, rows: Rows, forecast: Forecast, strange: Judged, suspect: Mask) -> None:
        """Take the rows in; the tails hardly where `suspect`, and not before the streams have scales."""
        settled = forecast.steps_seen >= SCORED_AFTER // 2
        weight = np.where(settled, np.where(suspect, SUSPECT_WEIGHT, 1.0), 0.0)
        self.tails.learn(rows.slots, strange.view.streams, rows.gap_s, weight)
        self.streams.learn(rows, strange.view, forecast.known)
        self.novelty.learn(rows, strange.beyond, forecast.steps_seen)
        self.block.severity[rows.slots] = strange.severity
