"""Law: the daemon's forecaster gives the network the very features, from the very state, that training gave it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.domain import MICROSECONDS
from detector.fit.dataset import sequences_of
from detector.forecast.cell import CellKind
from detector.forecast.forecaster import LARGEST_STEP, Forecaster
from detector.forecast.series import Series
from detector.settings import HeadKind
from detector.state.rows import Rows
from tests.fleet import START, noise, untrained_network


@given(
    seed=st.integers(0, 1000),
    gaps_s=st.lists(st.sampled_from([0.5, 10.0, 60.0, 3600.0]), min_size=3, max_size=60),
    kind=st.sampled_from(CellKind),
)
def test_forecasts_in_service_are_those_of_the_training_sequence(
    seed: int, gaps_s: list[float], kind: CellKind
) -> None:
    """Every forecast from the second reading on equals the network's, run over the training sequence from rest."""
    times = START + np.cumsum([0, *(round(gap * MICROSECONDS) for gap in gaps_s)])
    values = np.array(noise(seed, len(times)))
    network = untrained_network(kind)
    features = sequences_of([Series("pump", "t", times.astype(np.int64), values)]).features[0]
    service = Forecaster(network, 7 * 86_400.0, HeadKind.NONE)
    service.grow(1)
    state = np.zeros((1, network.cell.width), np.float32)
    one = np.ones(1, np.int64)
    for reading, gap_s in enumerate([0.0, *gaps_s]):
        row = Rows(
            np.zeros(1, np.intp),
            values[reading : reading + 1],
            times[reading : reading + 1],
            np.array([gap_s]),
            one,
            one,
        )
        last = float(service.scale.last[0])
        forecast = service.predict(row)
        if reading:
            state, said = network.step(features[reading - 1 : reading], state)
            step = float(np.clip(said.location[0], -LARGEST_STEP, LARGEST_STEP))
            assert forecast.expected[0] == pytest.approx(last + forecast.unit[0] * step, rel=1e-9, abs=1e-9)
        service.learn(row, forecast, np.zeros(1, np.bool_))
