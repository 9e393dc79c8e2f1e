"""The texture organ: noise and spikes, both told from how each reading stands out from its neighbours.

In: `Rows`, what peers they have. Out: two opinions, for lanes and thresholds of their own.
Final before anything is learnt from the rows.
"""

from typing import NamedTuple

import numpy as np

from detector.anomaly.jolts import Jolt, Jolts
from detector.anomaly.opinion import Opinion
from detector.anomaly.roughness import Peers, Roughness, RoughView
from detector.anomaly.shifts import Shifts, ShiftView
from detector.anomaly.spikes import Spikes, SpikeView
from detector.state.block import Block
from detector.state.rows import Floats, Rows


class TextureView(NamedTuple):
    """What was seen of each row."""

    jolt: Jolt
    rough: RoughView
    jumpy: SpikeView
    moved: ShiftView

    @property
    def noise(self) -> Opinion:
        """How strange the roughness of the last hour is; its deviation is a log ratio, below 0 for too quiet."""
        return self.rough.opinion

    @property
    def trembling(self) -> Floats:
        """How large the bends of the last hour were, in the channel's unit, below 0 for too quiet. Shape (B,)."""
        return np.sign(self.noise.deviation) * self.jolt.unit * self.rough.tremble**2

    @property
    def spike(self) -> Opinion:
        """How strange the reading before each row was; its deviation is in the channel's unit."""
        return self.jumpy.opinion

    @property
    def shift(self) -> Opinion:
        """How strange the way from the three readings before to the last three is, in the channel's unit."""
        return self.moved.opinion


class Texture:
    """Roughness and spikes of every channel."""

    def __init__(self) -> None:
        """Know no channel."""
        self.jolts = Jolts()
        self.roughness = Roughness()
        self.spikes = Spikes()
        self.shifts = Shifts()

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for block in (self.jolts.block, self.roughness.block, self.spikes.block, self.shifts.block):
            block.grow(channels)

    def judge(self, rows: Rows, peers: Peers | None) -> TextureView:
        """Return what is strange about every row, compared with its `peers` if it has any."""
        jolt = self.jolts.view(rows)
        rough = self.roughness.view(rows, jolt, peers)
        jumpy = self.spikes.view(rows, jolt, rough.abroad, rough.hourly)
        moved = self.shifts.view(rows, jolt, jumpy.usual, jumpy.opinion.known)
        return TextureView(jolt, rough, jumpy, moved)

    def blocks(self) -> dict[str, Block]:
        """Return what is remembered, by name."""
        return {
            "jolts": self.jolts.block,
            "roughness": self.roughness.block,
            "spikes": self.spikes.block,
            "shifts": self.shifts.block,
        }

    def learn(self, rows: Rows, view: TextureView, shift: Floats) -> None:
        """Take the rows in; `shift` (B,) is how strange their levels are, common causes taken off."""
        self.roughness.learn(rows, view.jolt, view.rough)
        self.spikes.learn(rows, view.jumpy)
        self.shifts.learn(rows, view.moved, shift)
        self.jolts.learn(rows, view.jolt)
