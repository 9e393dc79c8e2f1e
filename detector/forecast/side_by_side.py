"""Series side by side, as the service would read them: the n-th readings of all at one step.

In: series. Out: `Rows` for the organs, a slot a series.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from detector.domain import MICROSECONDS
from detector.forecast.series import Series
from detector.state.rows import Rows


def side_by_side(series: Sequence[Series]) -> Iterator[Rows]:
    """Yield the n-th readings of all series that have one, for every n."""
    lengths = np.array([len(one) for one in series], np.int64)
    before = np.zeros(len(series), np.int64)
    for step in range(lengths.max(initial=0)):
        slots = np.flatnonzero(lengths > step)
        active = [series[slot] for slot in slots.tolist()]
        at_us = np.array([one.at_us[step] for one in active])
        values = np.array([one.values[step] for one in active])
        gap_s = (at_us - before[slots]) / MICROSECONDS if step else np.zeros(len(slots))
        before[slots] = at_us
        alone = np.ones(len(slots), np.int64)
        yield Rows(slots, values, at_us, gap_s, alone, alone)
