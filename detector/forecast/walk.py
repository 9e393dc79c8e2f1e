"""A forecaster's way through series whose end is known: forecast, look, learn, one reading at a time.

In: a forecaster that knows nothing yet, and series. Out: what it expected of each reading before it saw it, and the
value before. Nobody is suspect on this way.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from detector.forecast.forecaster import Forecaster, HeadForecast
from detector.forecast.series import Series
from detector.forecast.side_by_side import side_by_side
from detector.state.rows import Floats, Rows


class Step(NamedTuple):
    """The n-th readings of all series that have one."""

    rows: Rows
    forecast: HeadForecast
    last: Floats
    """The reading before, (B,); what a forecast that nothing changes would say."""


def walk(forecaster: Forecaster, series: Sequence[Series]) -> Iterator[Step]:
    """Yield every step, a slot a series; the values are learnt when the next step is asked for."""
    forecaster.grow(len(series))
    for rows in side_by_side(series):
        forecast = forecaster.predict(rows)
        yield Step(rows, forecast, forecaster.scale.last[rows.slots])
        forecaster.learn(rows, forecast, np.zeros(len(rows.slots), np.bool_))
