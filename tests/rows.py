"""Rows and forecasts for tests of single organs, as the stages before them would hand them on.

In: values and times. Out: `Rows` and `Forecast`, one channel after another or many at once.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.state.rows import Forecast, Rows
from tests.fleet import START


def rows(
    values: Sequence[float] | NDArray[np.float64],
    *,
    gap_s: float = 10.0,
    step: int = 0,
    siblings: int = 1,
    fleet: int = 1,
) -> Rows:
    """Return one row for each value, in slots 0, 1, ..., all at the moment `step * gap_s` after the start."""
    count = len(values)
    return Rows(
        slots=np.arange(count),
        values=np.asarray(values, np.float64),
        at_us=np.full(count, START + round(step * gap_s * MICROSECONDS), np.int64),
        gap_s=np.full(count, gap_s),
        siblings=np.full(count, siblings, np.int64),
        fleet=np.full(count, fleet, np.int64),
    )


def series(values: Sequence[float] | NDArray[np.float64], *, gap_s: float = 10.0) -> Iterator[Rows]:
    """Yield the steps of channels side by side: values (T,) of one channel, or (T, B) of B channels."""
    steps = np.asarray(values, np.float64)
    for step, row in enumerate(steps.reshape(len(steps), -1)):
        yield rows(row, gap_s=gap_s if step else 0.0, step=step)


def forecast(
    rows: Rows, *, expected: float = 0.0, unit: float = 1.0, usual: float = 0.0, spread: float = 1.0, seen: int = 1000
) -> Forecast:
    """Return the same forecast for every row, with bounds two units to either side."""
    count = len(rows.slots)
    return Forecast(
        known=np.full(count, True),
        steps_seen=np.full(count, seen, np.int64),
        expected=np.full(count, expected),
        lower=np.full(count, expected - 2 * unit),
        upper=np.full(count, expected + 2 * unit),
        usual=np.full(count, usual),
        spread=np.full(count, spread),
        unit=np.full(count, unit),
        scale=np.full(count, unit),
        daily=np.zeros(count),
        daily_known=np.full(count, False),
    )
