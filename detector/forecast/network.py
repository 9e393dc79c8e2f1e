"""The shared network: features to an embedding, one recurrent step, and the next difference's distribution.

In: feature rows and state rows. Out: next state rows and a Student-t forecast in units of the channel's step.
It knows nothing of devices or files; `edge.model_file` reads and writes its tensors.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.forecast.cell import Cell, CellKind, GruCell, LstmCell
from detector.forecast.product import tiled_layer

Rows = NDArray[np.float32]

LOG_SCALE_RANGE = (-7.0, 5.0)
"""Limits of the log scale, so that no row claims certainty."""

TENSORS = (
    "embed.weight",
    "embed.bias",
    "cell.weight_ih_l0",
    "cell.weight_hh_l0",
    "cell.bias_ih_l0",
    "cell.bias_hh_l0",
    "head.weight",
    "head.bias",
)
"""Names of the tensors of a model file, as torch's `state_dict` of `fit.network.TrainableNetwork` has them."""


@dataclass(frozen=True, eq=False)
class StepForecast:
    """What the network says of the next difference, in units of the channel's step.

    Shapes: location, log_scale, freedom (B,) float64: location, log of the scale and degrees of freedom
    (more than 2) of a Student-t distribution; raw_freedom (B,), what the network has of the latter.
    """

    location: NDArray[np.float64]
    log_scale: NDArray[np.float64]
    raw_freedom: NDArray[np.float64]

    @property
    def freedom(self) -> NDArray[np.float64]:
        """Return the degrees of freedom; training fits them, and nothing in service needs them."""
        # softplus in the form that cannot overflow; the + 1 starts training near 3.3 degrees of freedom
        return 2.0 + np.logaddexp(0.0, self.raw_freedom + 1.0)


@dataclass(frozen=True, eq=False)
class Network:
    """The trained weights, ready to step.

    Shapes: embed_weights (F, E), embed_bias (E), head_weights (H, 3), head_bias (3), all float32.
    """

    embed_weights: Rows
    embed_bias: Rows
    cell: Cell
    head_weights: Rows
    head_bias: Rows
    _layers: tuple[Rows, Rows] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay embedding and head out for `step`, their biases as last rows."""
        layers = (self.embed_weights, self.embed_bias), (self.head_weights, self.head_bias)
        object.__setattr__(self, "_layers", tuple(np.vstack(layer) for layer in layers))

    @classmethod
    def from_tensors(cls, kind: CellKind, tensors: Mapping[str, Rows]) -> "Network":
        """Build from tensors named and laid out as torch has them (`TENSORS`).

        Raises: KeyError for a tensor that is missing.
        """
        embed_w, embed_b, w_ih, w_hh, b_ih, b_hh, head_w, head_b = (
            np.asarray(tensors[name], dtype=np.float32) for name in TENSORS
        )
        cell_type = LstmCell if kind is CellKind.LSTM else GruCell
        cell = cell_type.from_torch_layout(w_ih, w_hh, b_ih, b_hh)
        return cls(np.ascontiguousarray(embed_w.T), embed_b, cell, np.ascontiguousarray(head_w.T), head_b)

    @classmethod
    def blank(cls, features: int) -> "Network":
        """Return a network without memory that expects no change: the last value, or what heads do without a network."""
        nothing = (np.zeros(shape, np.float32) for shape in ((features, 1), 1, (1, 0), 0, (0, 3), 3))
        embed_weights, embed_bias, weights, bias, head_weights, head_bias = nothing
        return cls(embed_weights, embed_bias, LstmCell(weights, bias), head_weights, head_bias)

    @property
    def features(self) -> int:
        """Width F of a feature row."""
        return len(self.embed_weights)

    @property
    def digest(self) -> str:
        """Tell this network from any other: memories that one left mean nothing to another."""
        digest = hashlib.sha256(type(self.cell).__name__.encode())
        outer = (self.embed_weights, self.embed_bias, self.head_weights, self.head_bias)
        for array in (*outer, *self.cell.tensors()):
            digest.update(f"{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def step(self, features: Rows, state: Rows) -> tuple[Rows, StepForecast]:
        """Move every row one step. Shapes: features (B, F), state (B, cell.width); returns the next state and forecast."""
        embed, head = self._layers
        state = self.cell.step(np.tanh(tiled_layer(features, weights=embed)), state)
        said = tiled_layer(state[:, : self.cell.hidden], weights=head)  # (B, 3)
        location, log_scale, raw_freedom = np.ascontiguousarray(said.T, np.float64)
        return state, StepForecast(location, log_scale.clip(*LOG_SCALE_RANGE), raw_freedom)
