"""The cohort organ: a channel against its peers of the same moment, so that weather and people are no anomalies.

In: `Rows`, their `Forecast`, and which channels form groups. Out: for each row, how strange the mean of the last
hours is beside what the peers say it should be. What channels share moves in stream order, or at hourly turns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.company import PANEL, Company, Panel
from detector.anomaly.hourly import MEAN_TO_SIGMA, HourlyScale
from detector.anomaly.peer_fit import SEATS, WIDTH, PeerFit, Projection, trusted
from detector.domain import EventTime
from detector.state.block import Block
from detector.state.rows import Floats, Forecast, Mask, Rows

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

WIDE = 8.0
"""A peer's departure bends beyond so many of its habitual ones: one faulty peer hardly moves the others."""

FARTHEST = 20.0
"""Regressors, in the channel's units, say nothing more beyond this."""

LARGEST = 1e6
"""In the channel's units; larger numbers are no larger."""

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
    scale: Floats
    mean: Floats
    bias: Floats
    strange: Floats
    share: Floats

    def __init__(self) -> None:
        """Start without rows."""
        names = ("unit", "mean", "bias", "strange", "share")
        super().__init__({**dict.fromkeys(names, ((), np.float64, 0.0)), "scale": ((), np.float64, 0.1)})


@dataclass(frozen=True, eq=False, slots=True)
class PeerOpinion:
    """What the peers say of each row. Shapes: (B,)."""

    known: Mask
    """The channel has company, knows it for long enough, and belongs to it."""
    awaited: Mask
    """The channel is judged by its peers, or will be once it knows them for long enough."""
    strangeness: Floats
    """On a log axis that starts at 0; 0 where not known."""
    deviation: Floats
    """Mean of the last hours' residuals, in the channel's unit of measure, with its sign."""
    expected: Floats
    """What the peers say this reading should be."""
    panel: Panel
    middle: Floats
    projection: Projection
    innovation: Floats
    mean: Floats
    strange: Floats


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

    def restore(self, groups: NDArray[np.int64]) -> list[int]:
        """Seat channels of these `groups`, -1 for none, that were in others, or all where it is not known; return them.

        What they knew beside their old peers is forgotten, and so is what others knew beside them.
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
        return [int(slot) for slot in moved]

    def judge(self, rows: Rows, forecast: Forecast) -> PeerOpinion:
        """Judge every row beside the latest readings of its peers. Nothing that is learnt changes here."""
        block, slots = self.block, rows.slots
        panel = self.company.panel(rows)
        middle = panel.middle(panel.away)
        has_unit = block.unit[slots] > 0.0
        unit = np.where(has_unit, block.unit[slots], 1.0)
        projection = self.fit.project(slots, self._regressors(rows, panel, middle / unit, unit))
        measured = (rows.values - self.company.block.offset[slots] - middle) / unit
        # the middle itself counts in full; the regression corrects it
        innovation = (measured - projection.expected).clip(-LARGEST, LARGEST)
        met = has_unit & (panel.heard >= LEAST_PEERS)
        innovation = np.where(met, innovation, 0.0)
        mean = self._mean(rows, innovation, projection)
        doubt = 1.0 + (YOUNG_H / np.maximum(self.company.block.age_h[slots], WARM_UP_H)) ** 2
        strange = np.abs(mean) / (doubt * (self.habit.current(slots, rows.hour) + FLOOR))
        shared = panel.middle(panel.latest(strange, block.strange))
        old, belongs = self.company.block.age_h[slots] >= WARM_UP_H, block.share[slots] >= LEAST_SHARE
        known = met & old & belongs
        # before its first turn a channel has a panel, but no unit to be compared in
        awaited = (met | ~has_unit) & (belongs | ~old) & (panel.seated >= LEAST_PEERS)
        alone = np.minimum(strange, AHEAD * np.maximum(strange - shared, 0.0))
        strangeness = np.where(known, np.log1p(alone), 0.0)
        expected = rows.values - innovation * unit
        return PeerOpinion(
            known, awaited, strangeness, mean * unit, expected, panel, middle, projection, innovation, mean, strange
        )

    def _regressors(self, rows: Rows, panel: Panel, middle: Floats, unit: Floats) -> NDArray[np.float32]:
        """Return one, the middle, the peers' departures from it, bent, and the time of day. Shape (B, WIDTH)."""
        regressors = np.empty((len(middle), WIDTH))
        regressors[:, 0], regressors[:, 1], regressors[:, SEATS.stop :] = 1.0, middle, rows.day_turns.T
        departure = (panel.away / unit[:, None] - middle[:, None]).clip(-LARGEST, LARGEST)
        wide = WIDE * (self.company.block.habit[panel.peers] / unit[:, None] + 0.01)
        regressors[:, SEATS] = np.where(panel.present, departure / np.sqrt(1.0 + (departure / wide) ** 2), 0.0)
        return regressors.clip(-FARTHEST, FARTHEST).astype(np.float32)

    def _mean(self, rows: Rows, innovation: Floats, projection: Projection) -> Floats:
        """Return the mean of the last hours."""
        block, slots = self.block, rows.slots
        told, mean = self._told(innovation, projection) - block.bias[slots], block.mean[slots]
        return mean - np.expm1(-rows.gap_s / (3600.0 * SPAN_H)) * (told - mean)

    @staticmethod
    def _told(innovation: Floats, projection: Projection) -> Floats:
        """Return residuals (B,), each worth less where the peers stand as never before."""
        told: Floats = innovation / np.sqrt(1.0 + NOVELTY_WEIGHT * projection.novelty)
        return told

    def blocks(self) -> dict[str, Block]:
        """Return what is remembered, by name."""
        return {"peers": self.block, "company": self.company.block, "fit": self.fit.block, "hourly": self.habit.block}

    def learn(self, rows: Rows, forecast: Forecast, opinion: PeerOpinion, suspect: Mask) -> None:
        """Take the rows in, for the time since the last reading, and for less of it where `suspect`."""
        block, slots, company = self.block, rows.slots, self.company.block
        weight_h = np.minimum(rows.gap_s / 3600.0, LONGEST_H) * np.where(suspect, SUSPECT_SHARE, 1.0)
        weight_h = np.where(opinion.panel.heard >= LEAST_PEERS, weight_h, 0.0)
        company.usual[slots], company.spread[slots] = forecast.usual, forecast.spread
        met_h = np.where(block.unit[slots] > 0.0, weight_h, 0.0)
        self.habit.learn(slots, rows.hour, np.abs(opinion.mean), met_h, company.age_h[slots])
        self._fit(rows, opinion, met_h)
        self.company.learn(rows, opinion.middle, weight_h)

    def _fit(self, rows: Rows, opinion: PeerOpinion, weight_h: Floats) -> None:
        """Let the regression, the scale and the bias learn."""
        block, slots, innovation = self.block, rows.slots, opinion.innovation
        scale, bias = block.scale[slots], block.bias[slots]
        near = trusted(innovation, scale)
        bounded = innovation.clip(-2.0 * scale, 2.0 * scale)
        self.fit.learn(slots, opinion.projection, bounded, np.where(near, weight_h, 0.0))
        size = MEAN_TO_SIGMA * np.minimum(np.abs(innovation), 4.0 * scale + 0.01)
        block.scale[slots] = scale + weight_h / SCALE_H * (size - scale)
        told = self._told(innovation, opinion.projection)
        bound = 3.0 * self.habit.block.overall[slots]
        block.bias[slots] = bias + weight_h / BIAS_H * (told - bias).clip(-bound, bound)
        block.mean[slots], block.strange[slots] = opinion.mean, opinion.strange

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
        small = company.placed[rows] & (company.spread[rows] > OUTGROWN * block.unit[rows])
        slots = np.flatnonzero(small & (company.group[rows] >= 0))
        unit = company.spread[slots]
        kept = block.unit[slots] / unit
        self.fit.restart(slots, kept)
        self.habit.rescale(slots, kept)
        block.scale[slots] = np.maximum(kept * block.scale[slots], 0.1)
        block.mean[slots] *= kept
        block.bias[slots] *= kept
        block.unit[slots] = unit
