"""The recurrent cells, on cases that can be worked out by hand."""

import numpy as np
import pytest

from detector.forecast.cell import GruCell, LstmCell, sigmoid


def zeros(*shape: int) -> np.ndarray:
    """Return float32 zeros."""
    return np.zeros(shape, dtype=np.float32)


def test_sigmoid_is_the_logistic_function_and_does_not_overflow() -> None:
    """The tanh form agrees with 1 / (1 + exp(-x)) and reaches its limits quietly at any size."""
    x = np.array([-3.0, -0.5, 0.0, 2.0], dtype=np.float32)
    assert sigmoid(x) == pytest.approx(1.0 / (1.0 + np.exp(-x)), abs=1e-7)
    assert sigmoid(np.array([-1e30, 1e30], dtype=np.float32)).tolist() == [0.0, 1.0]


def test_widths_of_an_lstm() -> None:
    """An LSTM's state row holds the hidden state and the cell state."""
    cell = LstmCell.from_torch_layout(zeros(20, 3), zeros(20, 5), zeros(20), zeros(20))
    assert (cell.hidden, cell.width, cell.weights.shape) == (5, 10, (8, 20))


def test_widths_of_a_gru() -> None:
    """A GRU's state row holds the hidden state alone."""
    cell = GruCell.from_torch_layout(zeros(15, 3), zeros(15, 5), zeros(15), zeros(15))
    assert (cell.hidden, cell.width, cell.input_weights.shape) == (5, 5, (3, 15))


def test_an_lstm_without_weights_halves_its_cell_state() -> None:
    """With all gates half open and nothing new, c becomes c / 2 and h becomes tanh(c / 2) / 2."""
    cell = LstmCell.from_torch_layout(zeros(8, 3), zeros(8, 2), zeros(8), zeros(8))
    state = np.array([[9.0, 9.0, 1.0, -2.0]], dtype=np.float32)  # the hidden part has no say without weights
    after = cell.step(zeros(1, 3), state)
    assert after[0] == pytest.approx([np.tanh(0.5) / 2, np.tanh(-1.0) / 2, 0.5, -1.0], abs=1e-6)


def test_the_gates_of_an_lstm_stand_in_torchs_order() -> None:
    """Input gate open, forget gate shut, cell gate at tanh 1, output gate open: the past is replaced."""
    bias = np.array([50.0, -50.0, 1.0, 50.0], dtype=np.float32)
    cell = LstmCell.from_torch_layout(zeros(4, 1), zeros(4, 1), bias, zeros(4))
    after = cell.step(zeros(1, 1), np.array([[0.3, 7.0]], dtype=np.float32))
    assert after[0] == pytest.approx([np.tanh(np.tanh(1.0)), np.tanh(1.0)], abs=1e-6)


def test_a_gru_without_weights_halves_its_state() -> None:
    """With the update gate half open and nothing new, h becomes h / 2."""
    cell = GruCell.from_torch_layout(zeros(6, 3), zeros(6, 2), zeros(6), zeros(6))
    assert cell.step(zeros(1, 3), np.array([[1.0, -2.0]], dtype=np.float32)).tolist() == [[0.5, -1.0]]


@pytest.mark.parametrize(("update", "kept"), [(50.0, 0.3), (-50.0, np.tanh(1.0))])
def test_the_update_gate_of_a_gru_keeps_or_replaces(update: float, kept: float) -> None:
    """In torch's order reset, update, new: a high update gate keeps the past, a low one takes the new."""
    bias = np.array([0.0, update, 1.0], dtype=np.float32)
    cell = GruCell.from_torch_layout(zeros(3, 1), zeros(3, 1), bias, zeros(3))
    assert cell.step(zeros(1, 1), np.array([[0.3]], dtype=np.float32))[0, 0] == pytest.approx(kept, abs=1e-6)


def test_a_gru_resets_after_the_product() -> None:
    """The reset gate scales the hidden product with its bias: n = tanh(x + r (U h + b))."""
    w_hh = np.array([[0.0], [0.0], [2.0]], dtype=np.float32)
    b_hh = np.array([0.0, -50.0, 1.0], dtype=np.float32)
    cell = GruCell.from_torch_layout(zeros(3, 1), w_hh, zeros(3), b_hh)
    after = cell.step(zeros(1, 1), np.array([[0.25]], dtype=np.float32))
    assert after[0, 0] == pytest.approx(np.tanh(0.5 * (2.0 * 0.25 + 1.0)), abs=1e-6)


def test_a_step_leaves_its_arguments_alone() -> None:
    """Neither inputs nor state are written to."""
    cell = LstmCell.from_torch_layout(zeros(8, 3), zeros(8, 2), zeros(8), zeros(8))
    inputs, state = np.ones((2, 3), dtype=np.float32), np.ones((2, 4), dtype=np.float32)
    cell.step(inputs, state)
    assert inputs.min() == inputs.max() == state.min() == state.max() == 1.0
