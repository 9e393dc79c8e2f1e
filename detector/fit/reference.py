"""Reference tails: how rare each stream's values are over all channels together, for new channels to borrow.

In: the numpy network, as it will serve, and series. Out: ladders by the daemon's own forecast and scoring code.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.score import Scorer
from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.domain import MICROSECONDS
from detector.engine import CALIBRATED
from detector.fit.series import Series
from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network
from detector.state.rows import Rows


def reference_tails(network: Network, series: Sequence[Series], memory_s: float) -> NDArray[np.float32]:
    """Return the ladders (K, 2, RUNGS) of the streams, each a mean of the channels'.

    Every channel that was scored weighs the same, however long it is; all is forgotten as in service.
    """
    forecaster, scorer = Forecaster(network, memory_s), Scorer(assumed_reference(len(Stream)), memory_s)
    forecaster.grow(len(series))
    scorer.grow(len(series))
    for rows in _together(series):
        forecast = forecaster.predict(rows)
        strange = scorer.score(rows, forecast)
        scorer.learn(rows, forecast, strange, np.zeros(len(rows.slots), np.bool_))
        forecaster.learn(rows, forecast)
    ladders = np.stack([scorer.tails.block.rungs, scorer.tails.block.excess], axis=2)[: len(series)]
    kept = np.array([len(one) > CALIBRATED for one in series])
    if not kept.any():  # series too short to tell
        return assumed_reference(len(Stream)).astype(np.float32)
    reference: NDArray[np.float32] = ladders[kept].mean(axis=0, dtype=np.float64).astype(np.float32)
    return reference


def _together(series: Sequence[Series]) -> Iterator[Rows]:
    """Yield the n-th readings of all series that have one, for every n."""
    lengths = np.array([len(one) for one in series])
    before = np.zeros(len(series), np.int64)
    for step in range(lengths.max()):
        slots = np.flatnonzero(lengths > step)
        active = [series[slot] for slot in slots.tolist()]
        at_us = np.array([one.at_us[step] for one in active])
        values = np.array([one.values[step] for one in active])
        gap_s = (at_us - before[slots]) / MICROSECONDS if step else np.zeros(len(slots))
        before[slots] = at_us
        alone = np.ones(len(slots), np.int64)
        yield Rows(slots, values, at_us, gap_s, alone, alone)
