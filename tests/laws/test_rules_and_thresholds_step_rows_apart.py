"""Law: thresholds and rules learn the same of a row alone as in any batch, to the last bit."""

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.anomaly.clipping import ClippingRule
from detector.anomaly.stuck import StuckRule
from detector.anomaly.threshold import Shares, Thresholds
from detector.settings import Budget
from detector.state.block import Block
from detector.state.rows import Rows
from tests.peaks import reference
from tests.rows import rows

HOUR_S = 3600.0
CHANNELS = 4


class Organs:
    """The organs under test, stepped together."""

    def __init__(self) -> None:
        """Know four channels."""
        budget = Budget.parse("1 per device per day")
        self.thresholds = Thresholds(budget, reference(2), Shares(np.array([0.6, 0.4]), np.array([0.6, 0.4]), 0))
        self.stuck, self.clipping = StuckRule(), ClippingRule()
        for organ in (self.thresholds, self.stuck.block, self.clipping.block):
            organ.grow(CHANNELS)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return all that they remember."""
        return self.thresholds.block, self.thresholds.peaks.block, self.stuck.block, self.clipping.block

    def step(self, some: Rows) -> None:
        """Step and learn."""
        strangeness = np.abs(np.stack([some.values, 2.0 * some.values], axis=1))
        cadence_s = np.full(len(some.slots), HOUR_S)
        opened = strangeness > self.thresholds.current(some)
        self.thresholds.learn(some, strangeness, strangeness[:, ::-1] < 3.0, opened)
        self.stuck.step(some, cadence_s)
        self.clipping.step(some, cadence_s)


def part(some: Rows, places: slice) -> Rows:
    """Return some of the rows."""
    return Rows(*(getattr(some, field.name)[places] for field in fields(some)))


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(1, CHANNELS - 1))
def test_a_cut_batch_teaches_the_same(seed: int, cut: int) -> None:
    """Ten days of four channels, whole or each batch cut in two."""
    generator, whole, halves = np.random.default_rng(seed), Organs(), Organs()
    for step in range(240):
        some = rows(np.round(generator.gumbel(1.0, 1.0, CHANNELS), 1), gap_s=HOUR_S, step=step)
        whole.step(some)
        halves.step(part(some, slice(cut)))
        halves.step(part(some, slice(cut, None)))
    for one, other in zip(whole.blocks, halves.blocks, strict=True):
        columns = other.arrays()
        assert all(column.tobytes() == columns[name].tobytes() for name, column in one.arrays().items())
