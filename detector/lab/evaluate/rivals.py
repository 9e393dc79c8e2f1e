"""The simplest rivals: an exponentially weighted mean, or nothing at all, behind the detector's own alert layer.

In: batches. Out: the alerts that opened. Thresholds from the budget, the stuck rule and the episodes are the
detector's; only what is called strange differs. Silence is not judged here.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from detector.anomaly.decide import KINDS, Decider, Decision
from detector.anomaly.score import Nonconformity
from detector.anomaly.streams import Stream, View
from detector.anomaly.tails import RAREST
from detector.anomaly.telling import VERDICTS
from detector.domain import EventTime, Severity
from detector.engine import CALIBRATED
from detector.forecast.scaling import ScaleBlock
from detector.lab.tally import Opened
from detector.report import Batch
from detector.settings import Settings
from detector.state.block import Block
from detector.state.rows import Floats, Forecast, Rows
from detector.stream.align import Alignment, Placed

RATE = 0.02
"""Weight of the newest reading: a memory of fifty."""


def gaussian_rarity(z: Floats) -> Floats:
    """Return -log10 of the two-sided Gaussian p-value of each z, at most `RAREST`. Shapes: (B,)."""
    p = [math.erfc(abs(one) / math.sqrt(2.0)) for one in z.tolist()]
    rarity: Floats = -np.log10(np.maximum(np.array(p, np.float64), 10.0**-RAREST))
    return rarity


def no_rarity(z: Floats) -> Floats:
    """Call nothing strange: the stuck rule is left alone."""
    return np.zeros_like(z)


class Said(NamedTuple):
    """What a contender says of a batch."""

    opened: list[Opened]
    scores: Floats
    """Of each reading, shape (B,); 1.0 is the threshold, 0 stands where there is no score."""


class MeanBlock(Block):
    """Columns (N,): mean and variance, exponentially weighted, in the channel's unit."""

    mean: Floats
    variance: Floats

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__({"mean": ((), np.float64, 0.0), "variance": ((), np.float64, 0.0)})


class Rival:
    """An EWMA z-score with the repeat rule; or, with `no_rarity`, the repeat rule alone."""

    def __init__(self, settings: Settings, rarity: Callable[[Floats], Floats]) -> None:
        """Know no device."""
        self._alignment = Alignment(settings.engine.max_devices, settings.engine.max_channels)
        self._scale = ScaleBlock(settings.engine.memory)
        self._means = MeanBlock()
        self._decider = Decider(settings.budget)
        self._rarity = rarity

    def step(self, batch: Batch) -> Said:
        """Take a batch; return what is said of it."""
        placed = self._alignment.place(batch.readings)
        rows, channels = placed.rows, len(self._alignment.channels)
        for organ in (self._scale, self._means, self._decider):
            organ.grow(channels)
        forecast = self._predict(rows)
        cadence_s, scored = self._scale.cadence_s[rows.slots], forecast.steps_seen >= CALIBRATED
        decision = self._decider.decide(rows, forecast, self._score(rows, forecast), cadence_s, scored)
        self._learn(rows)
        scores = np.zeros(len(batch.readings))
        scores[placed.in_order] = np.where(scored, decision.score, 0.0)
        return Said(self._opened(batch, placed, decision), scores)

    def _predict(self, rows: Rows) -> Forecast:
        """Expect the mean, give or take twice the deviation."""
        slots = rows.slots
        mean = self._means.mean[slots]
        deviation = np.maximum(np.sqrt(self._means.variance[slots]), self._scale.floor(slots))
        seen = self._scale.count[slots]
        low, high = mean - 2.0 * deviation, mean + 2.0 * deviation
        sizes = dict.fromkeys(("spread", "unit", "scale"), deviation)
        return Forecast(seen > 1, seen, mean, low, high, mean, **sizes, daily=mean, daily_known=seen < 0)

    def _score(self, rows: Rows, forecast: Forecast) -> Nonconformity:
        """Return how strange each row is; one stream has all the say."""
        z = (rows.values - forecast.expected) / forecast.unit
        count, rarity = len(z), self._rarity(z)
        view = View(np.zeros((count, len(Stream))), z, np.zeros(count))
        return Nonconformity(rarity, np.zeros(count, np.intp), view, rarity)

    def _learn(self, rows: Rows) -> None:
        """Move mean and variance. Source: West 1979, exponentially weighted."""
        slots = rows.slots
        away = np.where(self._scale.count[slots] > 0, rows.values - self._means.mean[slots], 0.0)
        self._means.mean[slots] = rows.values - (1.0 - RATE) * away
        self._means.variance[slots] = (1.0 - RATE) * (self._means.variance[slots] + RATE * away**2)
        self._scale.update(slots, rows.values, rows.gap_s)

    def _opened(self, batch: Batch, placed: Placed, decision: Decision) -> list[Opened]:
        """Return the alerts that opened."""
        opened = []
        for row, lane in np.argwhere(decision.turns.opened).tolist():
            reading = batch.readings[placed.in_order[row]]
            kind = KINDS[self._decider.episodes.block.kind[placed.rows.slots[row], lane]]
            at, channel = EventTime(reading.at), reading.channel
            opened.append(Opened(at, reading.device, channel, VERDICTS[kind], kind, Severity.INFO, ""))
        return opened
