"""The network as torch trains it."""

import numpy as np
import pytest
import torch

from detector.fit.network import StudentT, TrainableNetwork, detached
from detector.forecast.cell import CellKind
from detector.forecast.network import TENSORS, Network
from detector.forecast.scaling import FEATURES

KINDS = pytest.mark.parametrize("kind", list(CellKind))


@KINDS
def test_an_untrained_network_forecasts_the_last_value(kind: CellKind) -> None:
    """The head starts at zero: no difference is expected, with one unit of scale and a little over 3 degrees of freedom."""
    forecast, _ = TrainableNetwork(kind, 8)(torch.randn(2, 5, FEATURES))
    assert forecast.location.abs().max() == 0.0
    assert forecast.log_scale.abs().max() == 0.0
    assert forecast.freedom.detach().numpy() == pytest.approx(np.full((2, 5), 3.3133), abs=1e-4)


@KINDS
def test_tensors_are_those_of_a_model_file(kind: CellKind) -> None:
    """The state dict has exactly the tensors that a model file holds, and the numpy network takes them."""
    network = TrainableNetwork(kind, 8)
    assert set(network.state_dict()) == set(TENSORS)
    assert Network.from_tensors(kind, network.tensors()).features == FEATURES


@KINDS
def test_a_state_carried_over_a_window_gives_the_same_forecasts(kind: CellKind) -> None:
    """Two windows with the state carried over say the same as one long sequence."""
    torch.manual_seed(1)
    network, features = TrainableNetwork(kind, 8), torch.randn(3, 20, FEATURES)
    torch.nn.init.normal_(network.head.weight)
    whole, _ = network(features)
    _, state = network(features[:, :7])
    rest, _ = network(features[:, 7:], detached(state))
    assert torch.allclose(whole.location[:, 7:], rest.location, atol=1e-6)


def test_surprise_is_the_density_of_student_t() -> None:
    """The negative log likelihood agrees with torch's own Student-t distribution."""
    location, log_scale = torch.randn(4, 6), torch.randn(4, 6)
    freedom, target = 2.0 + torch.rand(4, 6) * 10.0, torch.randn(4, 6) * 5.0
    known = torch.distributions.StudentT(freedom, location, log_scale.exp())
    expected = -known.log_prob(target)  # type: ignore[no-untyped-call]
    assert torch.allclose(StudentT(location, log_scale, freedom).surprise(target), expected, atol=1e-4)


def test_an_lstm_starts_with_open_forget_gates() -> None:
    """The forget gate's bias starts near one, so that memory lasts from the first epoch on."""
    bias = TrainableNetwork(CellKind.LSTM, 8).tensors()["cell.bias_ih_l0"]
    assert bias[8:16].tolist() == [1.0] * 8
    assert np.abs(bias[:8]).max() < 1.0
