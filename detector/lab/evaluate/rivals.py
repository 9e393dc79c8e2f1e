"""The simple rivals: something that expects the next value, or finds a device odd, behind the detector's own alert layer.

In: batches. Out: the alerts that opened. Thresholds from the budget, the stuck rule and the episodes are the
detector's; only what is called strange differs. Silence is not judged here.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from detector.anomaly.decide import Decider, Decision
from detector.anomaly.organs import KINDS, Judgement, Organ
from detector.anomaly.peaks import NO_POOL, Assumed
from detector.anomaly.tails import RAREST
from detector.anomaly.telling import VERDICTS
from detector.domain import EventTime, Severity
from detector.engine import CALIBRATED
from detector.forecast.scaling import ScaleBlock
from detector.lab.evaluate.predictors import Predictor
from detector.lab.tally import Opened
from detector.report import Batch
from detector.settings import Settings
from detector.state.rows import Floats, Forecast, Mask, Rows, Slots
from detector.stream.align import Alignment, Placed

Oddity = Callable[[Rows, Slots, Floats], Floats]
"""Rows, their devices and residuals in standard deviations, to the rarity of each row. Shapes: (B,)."""


def gaussian_rarity(_rows: Rows, _devices: Slots, z: Floats) -> Floats:
    """Return -log10 of the two-sided Gaussian p-value of each z, at most `RAREST`. Shapes: (B,)."""
    p = [math.erfc(abs(one) / math.sqrt(2.0)) for one in z.tolist()]
    rarity: Floats = -np.log10(np.maximum(np.array(p, np.float64), 10.0**-RAREST))
    return rarity


def no_rarity(_rows: Rows, _devices: Slots, z: Floats) -> Floats:
    """Call nothing strange: the stuck rule is left alone."""
    return np.zeros_like(z)


def random_rarity(rows: Rows, _devices: Slots, _z: Floats) -> Floats:
    """Draw each p-value from time and value, so that a reading has the same one in any company.

    Source: the finaliser of splitmix64 (Steele, Lea and Flood 2014).
    """
    bits = rows.at_us.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ rows.values.view(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    uniform = ((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53
    rarity: Floats = -np.log10(np.maximum(uniform, 10.0**-RAREST))
    return rarity


PEAKS = Assumed(mean=1.65, spread=0.95, skew=1.1, least=2.0, weight=8.0, certainty=8.0)
"""What the peaks of p-values of one reading are like, before there are any (`decide.PEAKS`): heavier than those that the
detector has calibrated, and worth less, since they differ from place to place."""


MOMENT_S = 300.0
"""Readings within this time are chances of one moment."""


class Said(NamedTuple):
    """What a contender says of a batch."""

    opened: list[Opened]
    scores: Floats
    """Of each reading, shape (B,); 1.0 is the threshold, 0 stands where there is no score."""
    open: Mask
    """Whether an episode of the process or the sensor is open in its channel once the reading was taken in, shape (B,)."""


class Rival:
    """A predictor whose residuals are judged by an oddity, with the repeat rule beside it."""

    def __init__(self, settings: Settings, predictor: Predictor, oddity: Oddity) -> None:
        """Know no device."""
        self._alignment = Alignment(
            settings.engine.max_devices, settings.engine.max_channels, settings.engine.total_channels
        )
        self._scale = ScaleBlock(settings.engine.memory)
        self._predictor = predictor
        self._decider = Decider(settings.budget, dict.fromkeys(Organ, PEAKS))
        self._oddity = oddity

    def step(self, batch: Batch) -> Said:
        """Take a batch; return what is said of it."""
        placed = self._alignment.place(batch.readings)
        rows, channels = placed.rows, len(self._alignment.channels)
        for organ in (self._scale, self._predictor):
            organ.grow(channels)
        self._decider.grow(channels, len(self._alignment.devices))
        new = placed.new_slots
        self._decider.join(new, self._alignment.block.device[new], np.full(len(new), NO_POOL))
        forecast = self._predict(rows)
        cadence_s, scored = self._scale.cadence_s[rows.slots], forecast.steps_seen >= CALIBRATED
        decision = self._decider.decide(rows, self._score(rows, forecast), cadence_s, scored)
        self._learn(rows)
        scores = np.zeros(len(batch.readings))
        scores[placed.in_order] = np.where(scored, decision.score, 0.0)
        is_open = np.zeros(len(batch.readings), np.bool_)
        is_open[placed.in_order] = self._decider.episodes.block.open[rows.slots].any(axis=1)
        return Said(self._opened(batch, placed, decision), scores, is_open)

    def _predict(self, rows: Rows) -> Forecast:
        """Expect the predictor's value, give or take twice its deviation."""
        slots = rows.slots
        expected, variance = self._predictor.predict(rows)
        deviation = np.maximum(np.sqrt(variance), self._scale.floor(slots))
        seen = self._scale.count[slots]
        low, high = expected - 2.0 * deviation, expected + 2.0 * deviation
        sizes = dict.fromkeys(("spread", "unit", "scale"), deviation)
        return Forecast(seen > 1, seen, expected, low, high, expected, **sizes, daily=expected, daily_known=seen < 0)

    def _score(self, rows: Rows, forecast: Forecast) -> Judgement:
        """Return how strange each row is among those of five minutes; one stream has all the say.

        Source: the correction of Bonferroni, so that fast channels are held to what slow ones are.
        """
        z = (rows.values - forecast.expected) / forecast.unit
        rarity = self._oddity(rows, self._alignment.block.device[rows.slots], z)
        among = np.maximum(MOMENT_S / np.maximum(self._scale.cadence_s[rows.slots], 1e-3), 1.0)
        return Judgement.of_one(np.maximum(rarity - np.log10(among), 0.0), forecast, rows)

    def _learn(self, rows: Rows) -> None:
        """Take the values in."""
        self._predictor.learn(rows)
        self._scale.update(rows.slots, rows.values, rows.gap_s)

    def _opened(self, batch: Batch, placed: Placed, decision: Decision) -> list[Opened]:
        """Return the alerts that opened."""
        opened = []
        for row, lane in np.argwhere(decision.turns.opened).tolist():
            reading = batch.readings[placed.in_order[row]]
            kind = KINDS[self._decider.episodes.block.kind[placed.rows.slots[row], lane]]
            at, channel = EventTime(reading.at), reading.channel
            opened.append(Opened(at, reading.device, channel, VERDICTS[kind], kind, Severity.INFO, ""))
        return opened
