"""The scoring organ: streams, each calibrated by its own past, summed, and the sum calibrated again.

In: `Rows` and their `Forecast`. Out: the nonconformity of each row, as -log10 of a p-value, and which stream
says so. Final before anything is learnt from the row.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.streams import Stream, Streams, View
from detector.anomaly.tails import SUSPECT_WEIGHT, Tails
from detector.state.rows import Floats, Forecast, Mask, Rows

MEMORY_STEPS = 1000
"""Readings over which the residual scale forgets."""

SUM_AXIS = 0.5
"""The summed rarity is halved, so that sums up to 16 lie on the histogram's axis."""


@dataclass(frozen=True, eq=False, slots=True)
class Nonconformity:
    """How strange each row is. Shapes: (B,)."""

    rarity: Floats
    """-log10 of the p-value of the fused streams."""
    dominant: NDArray[np.intp]
    """The `Stream` that contributes most."""
    view: View
    summed: Floats


class Scorer:
    """Calibrated fusion of the streams for every channel."""

    def __init__(self, reference: Floats, memory_s: float) -> None:
        """Borrow from `reference` (K + 1, BINS): the streams' tails, then the sum's."""
        streams = len(Stream)
        self.streams = Streams(MEMORY_STEPS)
        self.tails = Tails(reference[:streams], memory_s)
        self.sum_tails = Tails(reference[streams:], memory_s)

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for block in (self.streams.block, self.tails.block, self.sum_tails.block):
            block.grow(channels)

    def score(self, rows: Rows, forecast: Forecast) -> Nonconformity:
        """Judge every row by its channel's past. Source: sum of -log10 p, Fisher 1925, recalibrated empirically."""
        view = self.streams.view(rows, forecast)
        rarities = self.tails.rarity(rows.slots, view.streams)
        summed = SUM_AXIS * rarities.sum(axis=1)
        rarity = self.sum_tails.rarity(rows.slots, summed[:, None])[:, 0]
        return Nonconformity(rarity, rarities.argmax(axis=1), view, summed)

    def learn(self, rows: Rows, strange: Nonconformity, settled: Mask, suspect: Mask) -> None:
        """Take the rows in: fully where `settled` and not `suspect`, hardly where suspect, not at all in warm-up."""
        weight = np.where(settled, np.where(suspect, SUSPECT_WEIGHT, 1.0), 0.0)
        self.tails.learn(rows.slots, strange.view.streams, rows.gap_s, weight)
        self.sum_tails.learn(rows.slots, strange.summed[:, None], rows.gap_s, weight)
        self.streams.learn(rows.slots, strange.view, ~suspect)
