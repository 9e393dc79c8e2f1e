"""The shared network as torch trains it, and the likelihood it is trained to raise.

In: feature sequences. Out: a Student-t distribution of every next difference, and tensors named as
`detector.forecast.network.TENSORS`; the numpy network there is the one that serves, and a law holds them together.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from detector.forecast.cell import CellKind
from detector.forecast.network import LOG_SCALE_RANGE, TENSORS
from detector.forecast.scaling import FEATURES

EMBEDDING = 24
"""Width E of the embedding of a feature row."""

State: TypeAlias = Tensor | tuple[Tensor, Tensor]


class StudentT(NamedTuple):
    """A distribution for every step, in step units. Shapes: (B, T) each; freedom is more than 2."""

    location: Tensor
    log_scale: Tensor
    freedom: Tensor

    def surprise(self, target: Tensor) -> Tensor:
        """Return the negative log likelihood, in nats. Shapes: (B, T)."""
        location, log_scale, freedom = self
        z = (target - location) * torch.exp(-log_scale)
        normalisation = (
            torch.lgamma((freedom + 1) / 2) - torch.lgamma(freedom / 2) - 0.5 * torch.log(torch.pi * freedom)
        )
        return log_scale - normalisation + (freedom + 1) / 2 * torch.log1p(z * z / freedom)


class TrainableNetwork(nn.Module):
    """Features to an embedding, a recurrent layer, and the three numbers of a Student-t distribution."""

    def __init__(self, kind: CellKind, hidden: int) -> None:
        """Draw the weights from torch's generator; the head starts at zero, which forecasts the last value."""
        super().__init__()
        layers: dict[CellKind, type[nn.LSTM] | type[nn.GRU]] = {CellKind.LSTM: nn.LSTM, CellKind.GRU: nn.GRU}
        self.embed = nn.Linear(FEATURES, EMBEDDING)
        self.cell = layers[kind](EMBEDDING, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 3)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        if kind is CellKind.LSTM:  # an open forget gate at the start: Gers et al. 2000; Jozefowicz et al. 2015, 4.2
            nn.init.ones_(self.cell.get_parameter("bias_ih_l0").data[hidden : 2 * hidden])

    def forward(self, features: Tensor, state: State | None = None) -> tuple[StudentT, State]:
        """Return the distributions of the arriving differences, and the state after. Shapes: features (B, T, F)."""
        hidden, state = self.cell(torch.tanh(self.embed(features)), state)  # (B, T, H)
        location, log_scale, raw = self.head(hidden).unbind(-1)  # (B, T) each
        freedom = 2.0 + functional.softplus(raw + 1.0)
        return StudentT(location, log_scale.clamp(*LOG_SCALE_RANGE), freedom), state

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return copies of the weights, named and laid out as a model file has them."""
        weights = self.state_dict()
        return {name: weights[name].numpy().copy() for name in TENSORS}


def detached(state: State) -> State:
    """Return the state cut off from the steps that led to it: gradients end here."""
    return state.detach() if isinstance(state, Tensor) else (state[0].detach(), state[1].detach())
