"""The shared network as it serves."""

import numpy as np
import pytest

from detector.forecast.cell import CellKind
from detector.forecast.network import LOG_SCALE_RANGE, TENSORS, Network

SHAPES = ((5, 9), (5,), (16, 5), (16, 4), (16,), (16,), (3, 4), (3,))


def tensors(head_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> dict[str, np.ndarray]:
    """Return the tensors of an LSTM network with random weights and a head of zeros but for its bias."""
    generator = np.random.default_rng(2)
    drawn = {name: generator.normal(size=shape).astype(np.float32) for name, shape in zip(TENSORS, SHAPES, strict=True)}
    return drawn | {"head.weight": np.zeros((3, 4), np.float32), "head.bias": np.array(head_bias, np.float32)}


def forecast_of(head_bias: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return location, log scale and freedom of a network whose head is its bias alone."""
    network = Network.from_tensors(CellKind.LSTM, tensors(head_bias))
    _, forecast = network.step(np.ones((1, 9), np.float32), np.zeros((1, 8), np.float32))
    return float(forecast.location[0]), float(forecast.log_scale[0]), float(forecast.freedom[0])


def test_the_head_gives_location_log_scale_and_freedom_in_this_order() -> None:
    """The three outputs are the location, the log scale, and freedom = 2 + softplus(raw + 1)."""
    assert forecast_of((0.25, -1.5, 0.0)) == pytest.approx((0.25, -1.5, 2.0 + np.log1p(np.e)))


@pytest.mark.parametrize(("raw", "limit"), [(-100.0, LOG_SCALE_RANGE[0]), (100.0, LOG_SCALE_RANGE[1])])
def test_the_log_scale_is_limited(raw: float, limit: float) -> None:
    """No row claims certainty, and none claims to know nothing."""
    assert forecast_of((0.0, raw, 0.0))[1] == limit


@pytest.mark.parametrize("raw", [-1000.0, 0.0, 1000.0])
def test_freedom_is_at_least_two_and_finite(raw: float) -> None:
    """The softplus neither overflows nor falls below two degrees of freedom."""
    freedom = forecast_of((0.0, 0.0, raw))[2]
    assert freedom >= 2.0
    assert np.isfinite(freedom)


def test_shapes_follow_the_batch() -> None:
    """A batch of seven gives seven states and seven forecasts."""
    network = Network.from_tensors(CellKind.LSTM, tensors())
    state, forecast = network.step(np.zeros((7, 9), np.float32), np.zeros((7, network.cell.width), np.float32))
    assert state.shape == (7, 8)
    assert forecast.location.shape == forecast.log_scale.shape == forecast.freedom.shape == (7,)
    assert network.features == 9


def test_no_rows_give_no_forecasts() -> None:
    """An empty batch is not an error."""
    network = Network.from_tensors(CellKind.LSTM, tensors())
    state, forecast = network.step(np.zeros((0, 9), np.float32), np.zeros((0, 8), np.float32))
    assert state.shape == (0, 8)
    assert forecast.location.shape == (0,)


def test_a_missing_tensor_is_named() -> None:
    """Building a network from incomplete tensors says which one is missing."""
    incomplete = tensors()
    del incomplete["head.bias"]
    with pytest.raises(KeyError, match=r"head\.bias"):
        Network.from_tensors(CellKind.LSTM, incomplete)
