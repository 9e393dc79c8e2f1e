"""Law: step by step through numpy equals the full sequence through torch."""

import numpy as np
import pytest

from detector.forecast.cell import CellKind
from detector.forecast.network import Network
from detector.forecast.scaling import FEATURES

torch = pytest.importorskip(
    "torch", reason="need torch, or nothing holds the numpy cells to it: pip install 'detector[train]'"
)

from detector.fit.network import TrainableNetwork  # noqa: E402 - needs torch, see above

torch.set_num_threads(1)  # more threads fight over these small matrices

STEPS, ROWS, HIDDEN = 10_000, 3, 48
KINDS = pytest.mark.parametrize("kind", list(CellKind))


@KINDS
def test_a_cell_agrees_with_torch_over_ten_thousand_steps(kind: CellKind) -> None:
    """Hidden states differ by less than 1e-5 at every one of 10,000 steps, errors having all that time to add up."""
    torch.manual_seed(7)
    network = TrainableNetwork(kind, HIDDEN)
    inputs = torch.tanh(torch.randn(ROWS, STEPS, network.cell.input_size))
    expected = network.cell(inputs)[0].detach().numpy()
    cell = Network.from_tensors(kind, network.tensors()).cell
    state = np.zeros((ROWS, cell.width), dtype=np.float32)
    furthest = 0.0
    for step in range(STEPS):
        state = cell.step(inputs[:, step].numpy(), state)
        furthest = max(furthest, float(np.abs(state[:, :HIDDEN] - expected[:, step]).max()))
    assert furthest < 1e-5


@KINDS
def test_a_network_agrees_with_torch(kind: CellKind) -> None:
    """Location, log scale and degrees of freedom agree with the network that was trained, step by step."""
    torch.manual_seed(8)
    trainable = TrainableNetwork(kind, HIDDEN)
    torch.nn.init.normal_(trainable.head.weight)
    features = 2.0 * torch.randn(ROWS, 500, FEATURES)
    expected, _ = trainable(features)
    network = Network.from_tensors(kind, trainable.tensors())
    state = np.zeros((ROWS, network.cell.width), dtype=np.float32)
    for step in range(500):
        state, forecast = network.step(np.ascontiguousarray(features[:, step].numpy()), state)
        for name in ("location", "log_scale", "freedom"):
            np.testing.assert_allclose(
                getattr(forecast, name), getattr(expected, name)[:, step].detach().numpy(), atol=1e-4
            )
