"""Reference tails: how rare each stream's values are over all channels together, for new channels to borrow.

In: the numpy network, as it will serve, and series. Out: ladders by the daemon's own forecast and scoring code.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.score import Scorer
from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.engine import CALIBRATED
from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network
from detector.forecast.series import Series
from detector.forecast.walk import walk


def reference_tails(network: Network, series: Sequence[Series], memory_s: float) -> NDArray[np.float32]:
    """Return the ladders (K, 2, RUNGS) of the streams, each a mean of the channels'.

    Every channel that was scored weighs the same, however long it is; all is forgotten as in service.
    """
    scorer = Scorer(assumed_reference(len(Stream)), memory_s)
    scorer.grow(len(series))
    for rows, forecast, _ in walk(Forecaster(network, memory_s), series):
        scorer.learn(rows, forecast, scorer.score(rows, forecast), np.zeros(len(rows.slots), np.bool_))
    ladders = np.stack([scorer.tails.block.rungs, scorer.tails.block.excess], axis=2)[: len(series)]
    kept = np.array([len(one) > CALIBRATED for one in series])
    if not kept.any():  # series too short to tell
        return assumed_reference(len(Stream)).astype(np.float32)
    reference: NDArray[np.float32] = ladders[kept].mean(axis=0, dtype=np.float64).astype(np.float32)
    return reference
