"""The recurrent cells, one step at a time, for many rows at once.

In: input rows and state rows. Out: the next state rows. The one inference implementation; `fit.network`
holds the one for training, and a law holds them together to 1e-5 over 10,000 steps.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.forecast.product import tiled_layer, tiled_product

Rows = NDArray[np.float32]


class CellKind(StrEnum):
    """The recurrent cells that a model may hold."""

    LSTM = "lstm"
    GRU = "gru"


HALF = np.float32(0.5)


def sigmoid(x: Rows) -> Rows:
    """Return the logistic function in its tanh form, which neither overflows nor branches."""
    logistic: Rows = HALF + HALF * np.tanh(HALF * x)
    return logistic


class Cell(Protocol):
    """A recurrent cell: state in, state out; the hidden part of the state stands first."""

    @property
    def hidden(self) -> int:
        """Width H of the hidden part."""
        ...

    @property
    def width(self) -> int:
        """Width of the whole state row."""
        ...

    def tensors(self) -> tuple[Rows, ...]:
        """Return all that was trained."""
        ...

    def step(self, inputs: Rows, state: Rows) -> Rows:
        """Return the next state. Shapes: inputs (B, E), state (B, width) float32."""
        ...


@dataclass(frozen=True, eq=False)
class LstmCell:
    """Long short-term memory.

    Shapes: weights (E + H, 4H), bias (4H), gates in the order input, forget, cell, output.
    Source: Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; notation of torch.nn.LSTM.
    """

    weights: Rows
    bias: Rows
    _gates: Rows = field(init=False, repr=False)
    """The same gate by gate: input, forget, output, cell; the bias is their last row. Shape (4, E + H + 1, H)."""

    def __post_init__(self) -> None:
        """Lay the weights out for `step`.

        Gates of their own are contiguous, which halves the time of all that follows the product. Those with a sigmoid
        are halved, for the tanh form of it: halves are exact.
        """
        with_bias = np.vstack([self.weights, self.bias])
        gates = with_bias.reshape(len(with_bias), 4, self.hidden).swapaxes(0, 1)[[0, 1, 3, 2]]
        gates[:3] *= HALF
        object.__setattr__(self, "_gates", np.ascontiguousarray(gates))

    @classmethod
    def from_torch_layout(cls, w_ih: Rows, w_hh: Rows, b_ih: Rows, b_hh: Rows) -> "LstmCell":
        """Join torch's four tensors (4H, E), (4H, H), (4H), (4H) into one matrix and one bias."""
        return cls(np.ascontiguousarray(np.vstack([w_ih.T, w_hh.T])), b_ih + b_hh)

    @property
    def hidden(self) -> int:
        """Width H of the hidden part."""
        return len(self.bias) // 4

    @property
    def width(self) -> int:
        """Width of the state row: h and c."""
        return 2 * self.hidden

    def tensors(self) -> tuple[Rows, ...]:
        """Return weights and bias."""
        return self.weights, self.bias

    def step(self, inputs: Rows, state: Rows) -> Rows:
        """Return (h', c'). Shapes: inputs (B, E), state (B, 2H)."""
        width = self.hidden
        gates = tiled_layer(inputs, state[:, :width], weights=self._gates)  # (4, B, H)
        np.tanh(gates, out=gates)
        logistic = gates[:3]
        logistic *= HALF
        logistic += HALF
        i, f, o, g = gates
        c = np.multiply(f, state[:, width:], out=f)
        c += np.multiply(i, g, out=i)
        following = np.empty_like(state)
        following[:, width:] = c
        np.multiply(o, np.tanh(c, out=c), out=following[:, :width])
        return following


@dataclass(frozen=True, eq=False)
class GruCell:
    """Gated recurrent unit, in the variant that resets after the product (torch's, cuDNN's).

    Shapes: input_weights (E, 3H), hidden_weights (H, 3H), biases (3H), gates in the order reset, update, new.
    Source: Cho et al. 2014; notation of torch.nn.GRU.
    """

    input_weights: Rows
    hidden_weights: Rows
    input_bias: Rows
    hidden_bias: Rows

    @classmethod
    def from_torch_layout(cls, w_ih: Rows, w_hh: Rows, b_ih: Rows, b_hh: Rows) -> "GruCell":
        """Turn torch's four tensors (3H, E), (3H, H), (3H), (3H) into ours."""
        return cls(np.ascontiguousarray(w_ih.T), np.ascontiguousarray(w_hh.T), b_ih, b_hh)

    @property
    def hidden(self) -> int:
        """Width H of the hidden part."""
        return len(self.hidden_weights)

    @property
    def width(self) -> int:
        """Width of the state row: h alone."""
        return self.hidden

    def tensors(self) -> tuple[Rows, ...]:
        """Return weights and biases."""
        return self.input_weights, self.hidden_weights, self.input_bias, self.hidden_bias

    def step(self, inputs: Rows, state: Rows) -> Rows:
        """Return h'. Shapes: inputs (B, E), state (B, H)."""
        width = self.hidden
        x = tiled_product(inputs, self.input_weights) + self.input_bias  # (B, 3H)
        h = tiled_product(state, self.hidden_weights) + self.hidden_bias  # (B, 3H)
        r = sigmoid(x[:, :width] + h[:, :width])
        z = sigmoid(x[:, width : 2 * width] + h[:, width : 2 * width])
        n: Rows = np.tanh(x[:, 2 * width :] + r * h[:, 2 * width :])
        return n + z * (state - n)
