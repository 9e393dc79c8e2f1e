"""A small network with seeded random weights, for tests that need a model but no skill."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.tails import assumed_reference
from detector.edge.model_file import load_model, save_model
from detector.engine import Engine
from detector.forecast.cell import CellKind
from detector.forecast.network import Network
from detector.forecast.scaling import FEATURES
from detector.settings import Settings

HIDDEN = 8


def untrained_tensors(seed: int = 1) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of an LSTM of width 8, laid out as torch has them."""
    shapes = {
        "embed.weight": (HIDDEN, FEATURES),
        "embed.bias": (HIDDEN,),
        "cell.weight_ih_l0": (4 * HIDDEN, HIDDEN),
        "cell.weight_hh_l0": (4 * HIDDEN, HIDDEN),
        "cell.bias_ih_l0": (4 * HIDDEN,),
        "cell.bias_hh_l0": (4 * HIDDEN,),
        "head.weight": (3, HIDDEN),
        "head.bias": (3,),
    }
    draw = np.random.default_rng(seed)
    return {name: draw.normal(0.0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


def save_untrained_model(folder: Path) -> Path:
    """Write the model into a folder, and return the folder."""
    save_model(folder, CellKind.LSTM, untrained_tensors(), {"note": "untrained, for tests"})
    return folder


def untrained_engine(settings: Settings) -> Engine:
    """Return an engine that knows no device yet."""
    network = Network.from_tensors(CellKind.LSTM, untrained_tensors())
    return Engine(settings, network, assumed_reference(4))


__all__ = ["load_model", "save_untrained_model", "untrained_engine", "untrained_tensors"]
