"""The cohort organ: a channel against its peers of the same moment, so that weather and people are no anomalies.

In: `Rows`, their `Forecast`, and which channels form groups. Out: for each row, how strange the mean of the last
hours is beside what the peers say it should be. What channels share moves in stream order, or at hourly turns.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.company import UNSEEN, Company
from detector.anomaly.hourly import HourlyScale
from detector.anomaly.panel import PANEL, Panel
from detector.anomaly.peer_fit import LARGEST, SEATS, PeerFit, regressors, trusted
from detector.anomaly.peer_opinion import Beside, PeerOpinion
from detector.domain import EventTime
from detector.state.block import Block
from detector.state.rows import MEAN_TO_SIGMA, Floats, Forecast, Mask, Rows, Slots

LEAST_PEERS = 2
"""Fewer peers than this cannot say which of them is odd."""

SPAN_H = 3.0
"""Hours over which residuals are averaged: lasting changes stay, what is short averages out."""

BIAS_H = 60.0
"""Hours over which a lasting residual becomes usual."""

SCALE_H = 24.0
"""Hours over which the scale of single residuals forgets."""

NOVELTY_WEIGHT = 100.0
"""How much less a residual says where the peers stand as never before: sqrt(1 + this * novelty)."""

FLOOR = 0.003
"""In the channel's units; keeps a noise-free channel from a scale of nothing."""

AHEAD = 3.0
"""A z that is half as large again as the middle peer's counts in full; what all share is a common cause."""

WARM_UP_H = 24.0
"""Hours in company before a channel is judged: a noon that nobody has seen is no anomaly."""

YOUNG_H = 24.0
"""Hours in company at which a z counts by half: not every hour of a day was seen yet."""

LEAST_SHARE = 0.15
"""Share of a channel's variance that the middle of its peers has to explain, or else it does not belong to them."""

OUTGROWN = 2.0
"""A channel's unit is taken anew when its spread is more than so many of it."""

LONGEST_H = 1.0
"""Hours that one reading may stand for."""

SUSPECT_SHARE = 0.3
"""Weight of a reading that was called strange."""


class PeersBlock(Block):
    """What is known of each channel beside its peers, but for the fit and the hours.

    Columns (N,): `unit` in which the channel is measured (0: not yet); in that unit the `scale` of residuals, their `mean` over the last hours, the `bias` that became usual; `strange`, the last z; `share` of the
    channel's variance that the peers explain.
    """

    unit: Floats
    scale: NDArray[np.float32]
    mean: NDArray[np.float32]
    bias: NDArray[np.float32]
    strange: NDArray[np.float32]
    share: NDArray[np.float32]

    def __init__(self) -> None:
        """Start without rows."""
        names = ("mean", "bias", "strange", "share")
        super().__init__(
            {
                "unit": ((), np.float64, 0.0),
                **dict.fromkeys(names, ((), np.float32, 0.0)),
                "scale": ((), np.float32, 0.1),
            }
        )


class PeersOrgan:
    """Every channel of a group, judged beside its peers."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = PeersBlock()
        self.company, self.fit, self.habit = Company(), PeerFit(), HourlyScale()

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for block in (self.block, self.company.block, self.fit.block, self.habit.block):
            block.grow(channels)

    def join(self, slot: int, group: int) -> None:
        """Make a new channel a member of `group`, a number from 0 on; channels that never join are never judged."""
        self.company.join(slot, group)

    def restore(self, groups: NDArray[np.int64], anew: Collection[str]) -> list[int]:
        """Seat channels of these `groups`, -1 for none, that were in others, or all where it is not known; return them.

        What they knew beside their old peers is forgotten, and so is what others knew beside them. Blocks in `anew` know nothing.
        """
        block = self.company.block
        moved = np.flatnonzero(groups != block.group[: len(groups)])
        for each in self.blocks().values():
            each.begin(moved)
        self.company.vacate(moved)
        for slot in moved.tolist():
            if groups[slot] >= 0:
                self.join(slot, int(groups[slot]))
        empty = (block.members[: len(groups), :PANEL] < 0) & (self.fit.block.weights[: len(groups), SEATS] != 0.0)
        self.fit.reseat(*np.nonzero(empty))
        if "fit" in anew:  # with the uncertainty of a start, as where channels are given their unit
            measured = np.flatnonzero(self.block.unit[: len(groups)] > 0.0)
            self.fit.restart(measured, np.ones(len(measured)))
        return [int(slot) for slot in moved]

    def judge(self, rows: Rows, forecast: Forecast) -> PeerOpinion:
        """Judge every row beside the latest readings of its peers. Nothing that is learnt changes here."""
        if not len(self._grouped(rows)):
            return PeerOpinion.of_loners(rows.values)
        block, slots, age_h = self.block, rows.slots, self.company.block.age_h[rows.slots]
        panel, unit = self.company.panel(rows), block.unit[slots]
        middle = panel.middle(panel.away)
        met = (unit > 0.0) & (panel.heard >= LEAST_PEERS)
        beside = self._beside(rows, panel, middle, met.nonzero()[0])
        mean = self._mean(rows, beside)
        doubt = 1.0 + (YOUNG_H / np.maximum(age_h, WARM_UP_H)) ** 2
        strange = np.abs(mean) / (doubt * (self.habit.current(slots, rows.hour) + FLOOR))
        shared = panel.middle(panel.latest(strange, block.strange))
        old, belongs = age_h >= WARM_UP_H, block.share[slots] >= LEAST_SHARE
        known = met & old & belongs
        # before its first turn a channel has a panel, but no unit to be compared in
        awaited = (met | (unit == 0.0)) & (belongs | ~old) & (panel.seated >= LEAST_PEERS)
        alone = np.minimum(strange, AHEAD * np.maximum(strange - shared, 0.0))
        strangeness = np.where(known, np.log1p(alone), 0.0)
        expected = rows.values.copy()
        expected[beside.rows] -= beside.innovation * unit[beside.rows]
        unit = np.where(unit > 0.0, unit, 1.0)
        return PeerOpinion(known, awaited, strangeness, mean * unit, expected, panel, middle, beside, mean, strange)

    def _grouped(self, rows: Rows) -> Slots:
        """Return the rows of channels that have a group: nothing here is of use to the others."""
        return (self.company.block.group[rows.slots] >= 0).nonzero()[0]

    def _beside(self, rows: Rows, panel: Panel, middle: Floats, met: Slots) -> Beside:
        """Compare the rows of these numbers (M,) with their peers; all the others need no such work."""
        slots, middle, company = rows.slots[met], middle[met], self.company.block
        unit, turns = self.block.unit[slots], rows.day_turns[:, met]
        habit = company.habit[panel.peers.take(met, axis=0)]
        away, present = panel.away.take(met, axis=0), panel.present.take(met, axis=0)
        drawn = regressors(away / unit[:, None], present, middle / unit, habit / unit[:, None], turns)
        projection = self.fit.project(slots, drawn)
        measured = (rows.values[met] - company.offset[slots] - middle) / unit
        # the middle itself counts in full; the regression corrects it
        innovation = (measured - projection.expected).clip(-LARGEST, LARGEST)
        return Beside(met, projection, innovation, innovation / np.sqrt(1.0 + NOVELTY_WEIGHT * projection.novelty))

    def _mean(self, rows: Rows, beside: Beside) -> Floats:
        """Return the mean of the last hours."""
        mean = self.block.mean[rows.slots].astype(np.float64)
        told = np.zeros(len(mean))
        told[beside.rows] = beside.told
        told -= self.block.bias[rows.slots]
        return mean - np.expm1(rows.gap_s / (-3600.0 * SPAN_H)) * (told - mean)

    def blocks(self) -> dict[str, Block]:
        """Return what is remembered, by name."""
        return {"peers": self.block, "company": self.company.block, "fit": self.fit.block, "hourly": self.habit.block}

    def learn(self, rows: Rows, forecast: Forecast, opinion: PeerOpinion, suspect: Mask) -> None:
        """Take the rows in, for the time since the last reading, and for less of it where `suspect`."""
        grouped = self._grouped(rows)
        if not len(grouped):
            return
        block, slots = self.block, rows.slots[grouped]
        weight_h = np.minimum(rows.gap_s / 3600.0, LONGEST_H) * np.where(suspect, SUSPECT_SHARE, 1.0)
        weight_h = np.where(opinion.panel.heard >= LEAST_PEERS, weight_h, 0.0)
        self._learn_beside(rows, opinion, weight_h)
        block.mean[slots], block.strange[slots] = opinion.mean[grouped], opinion.strange[grouped]
        self.company.block.spread[slots] = forecast.spread[grouped]
        self.company.learn(rows.only(grouped), forecast.usual[grouped], opinion.middle[grouped], weight_h[grouped])

    def _learn_beside(self, rows: Rows, opinion: PeerOpinion, weight_h: Floats) -> None:
        """Let the hours, the regression, the scale and the bias learn of those that stood beside their peers."""
        block, beside, met = self.block, opinion.beside, opinion.beside.rows
        slots, weight_h, innovation = rows.slots[met], weight_h[met], beside.innovation
        self.habit.learn(slots, rows.hour[met], np.abs(opinion.mean[met]), weight_h, self.company.block.age_h[slots])
        scale, bias = block.scale[slots].astype(np.float64), block.bias[slots].astype(np.float64)
        near = trusted(innovation, scale)
        bounded = innovation.clip(-2.0 * scale, 2.0 * scale)
        self.fit.learn(slots, beside.projection, bounded, np.where(near, weight_h, 0.0))
        size = MEAN_TO_SIGMA * np.minimum(np.abs(innovation), 4.0 * scale + 0.01)
        block.scale[slots] = scale + weight_h / SCALE_H * (size - scale)
        bound = 3.0 * self.habit.block.overall[slots]
        block.bias[slots] = bias + weight_h / BIAS_H * (beside.told - bias).clip(-bound, bound)

    def turn(self, at: EventTime) -> None:
        """Once an hour of stream time: take in the hour, let the group see places, choose panels, say who belongs."""
        self.habit.turn()
        self.fit.forget()
        self.company.publish()
        self._measure()
        self.fit.reseat(*self.company.choose(at))
        company, rows = self.company.block, slice(len(self.block))
        # beside the plain middle and not the fit: what adapts follows anything, unrelated wanderings too
        self.block.share[rows] = 1.0 - np.minimum(company.wobble[rows] / company.spread[rows], 1.0) ** 2

    def _measure(self) -> None:
        """Give channels that found their place, or outgrew their unit, a unit in which they are measured."""
        block, company = self.block, self.company.block
        rows = slice(len(block))
        small = (company.patience_us[rows] != UNSEEN) & (company.spread[rows] > OUTGROWN * block.unit[rows])
        slots = np.flatnonzero(small & (company.group[rows] >= 0))
        unit = company.spread[slots]
        kept = block.unit[slots] / unit
        self.fit.restart(slots, kept)
        self.habit.rescale(slots, kept)
        block.scale[slots] = np.maximum(kept * block.scale[slots], 0.1)
        block.mean[slots] *= kept
        block.bias[slots] *= kept
        block.unit[slots] = unit
