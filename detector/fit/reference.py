"""Reference tails: how rare each stream's values are over all channels together, for new channels to borrow.

In: the numpy network, as it will serve, and series. Out: histograms by the daemon's own forecast and scoring code.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.score import Scorer
from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.engine import CALIBRATED
from detector.fit.series import Series
from detector.fit.side_by_side import side_by_side
from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network

FOR_EVER_S = 1e12
"""Tails are gathered without forgetting."""


def reference_tails(network: Network, series: Sequence[Series], memory_s: float) -> NDArray[np.float32]:
    """Return the tails (K + 1, BINS) of the streams and of their sum, each a mean of the channels' shares.

    Every channel weighs the same, however long it is; scales forget with `memory_s` as in service.
    """
    forecaster, scorer = Forecaster(network, memory_s), Scorer(assumed_reference(len(Stream) + 1), FOR_EVER_S)
    forecaster.grow(len(series))
    scorer.grow(len(series))
    for rows in side_by_side(series):
        forecast = forecaster.predict(rows)
        strange = scorer.score(rows, forecast)
        nobody = np.zeros(len(rows.slots), np.bool_)
        scorer.learn(rows, strange, forecast.steps_seen >= CALIBRATED, nobody)
        forecaster.learn(rows, forecast, nobody)
    counts = np.concatenate([scorer.tails.block.counts, scorer.sum_tails.block.counts], axis=1)[: len(series)]
    totals = counts.sum(axis=2, keepdims=True)
    kept = totals[:, 0, 0] > 0.0
    if not kept.any():  # series too short to tell
        return assumed_reference(len(Stream) + 1).astype(np.float32)
    shares: NDArray[np.float32] = (counts[kept] / totals[kept]).mean(axis=0, dtype=np.float64).astype(np.float32)
    return shares
