"""Law: what the network says of a row depends on nothing but that row, to the last bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.forecast.cell import CellKind
from detector.forecast.product import tiled_product
from detector.forecast.scaling import FEATURES
from tests.fleet import untrained_network

NETWORKS = {kind: untrained_network(kind) for kind in CellKind}


def rows_of(seed: int, count: int, width: int) -> NDArray[np.float32]:
    """Return ordinary rows with some large and some tiny values."""
    generator = np.random.default_rng(seed)
    sizes = 10.0 ** generator.uniform(-4.0, 1.0, (count, width))
    return (sizes * generator.standard_normal((count, width))).astype(np.float32)


@given(count=st.integers(1, 70), place=st.integers(0, 69), inputs=st.integers(1, 80), outputs=st.integers(1, 200))
def test_a_row_of_a_product_does_not_see_its_neighbours(count: int, place: int, inputs: int, outputs: int) -> None:
    """A row multiplied alone has the same bits as in any batch, at any place, for any width."""
    rows, weights = rows_of(2, count, inputs), rows_of(3, inputs, outputs)
    place %= count
    assert np.array_equal(tiled_product(rows[place : place + 1], weights)[0], tiled_product(rows, weights)[place])


@given(kind=st.sampled_from(CellKind), count=st.integers(1, 70), place=st.integers(0, 69), seed=st.integers(0, 1000))
def test_a_row_of_the_network_does_not_see_its_neighbours(kind: CellKind, count: int, place: int, seed: int) -> None:
    """Three steps of a row alone give the same state and forecast, bit for bit, as in any batch at any place."""
    network, place = NETWORKS[kind], place % count
    state = np.tanh(rows_of(seed, count, network.cell.width))
    alone = state[place : place + 1]
    for step in range(3):
        features = rows_of(seed + step + 1, count, FEATURES)
        state, forecast = network.step(features, state)
        alone, forecast_alone = network.step(features[place : place + 1], alone)
        assert np.array_equal(alone[0], state[place])
        for name in ("location", "log_scale", "freedom"):
            assert getattr(forecast_alone, name)[0] == getattr(forecast, name)[place]


@given(kind=st.sampled_from(CellKind), count=st.integers(2, 70), seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(kind: CellKind, count: int, seed: int) -> None:
    """Shuffling a batch shuffles the answer and changes no bit of it."""
    network, order = NETWORKS[kind], np.random.default_rng(seed).permutation(count)
    features, state = rows_of(seed, count, FEATURES), np.tanh(rows_of(seed + 1, count, network.cell.width))
    after, forecast = network.step(features, state)
    shuffled_after, shuffled_forecast = network.step(features[order], state[order])
    assert np.array_equal(shuffled_after, after[order])
    assert np.array_equal(shuffled_forecast.location, forecast.location[order])
