"""Model folders: reads and writes `weights.safetensors` and `card.json`. Never a pickle.

In: a folder. Out: a `Network`, or a `ModelError` that says what is wrong with the folder and what to do.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from detector.anomaly.streams import Stream
from detector.anomaly.tails import RUNGS, assumed_reference
from detector.errors import ModelError
from detector.forecast.cell import CellKind
from detector.forecast.network import TENSORS, Network
from detector.forecast.scaling import FEATURES
from detector.stream.names import shown

FORMAT_VERSION = "1"
"""Version of the model folder's layout and of the features the network was trained on."""

REFERENCE = "tails.ladders"
"""Name of the optional tensor (K, 2, RUNGS) of reference tails."""

WEIGHTS, CARD = "weights.safetensors", "card.json"

MAX_BYTES, LARGEST = 2**28, 1e6
"""Size of a weights file and of a weight, in either direction; ours have 60 kB, and weights below 10."""

LABEL = "detector"
"""The one metadata key: safetensors writes several in any order, and the same model should give the same bytes."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a model folder holds."""

    network: Network
    kind: CellKind
    reference: NDArray[np.float64]
    """Tails (K, 2, RUNGS) that new channels borrow: measured in training, or assumed."""
    remark: str | None = None
    """What whoever loads it should say: that it holds what nothing reads, or lacks what it could hold."""


def save_model(
    folder: Path, kind: CellKind, tensors: Mapping[str, NDArray[np.float32]], card: Mapping[str, Any]
) -> None:
    """Write weights, the reference tails if `tensors` has them, and the card into `folder`, making it if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [*TENSORS, *({REFERENCE} & tensors.keys())]
    arrays = {name: np.ascontiguousarray(tensors[name], dtype=np.float32) for name in names}
    label = json.dumps({"format_version": FORMAT_VERSION, "cell": kind.value})
    save_file(arrays, folder / WEIGHTS, metadata={LABEL: label})
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load_model(folder: Path) -> ModelFile:
    """Read a model folder.

    Raises: ModelError when it is missing, damaged, of another version, or of another feature width.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(
            f"{path}: expected a trained model, found none; `detector train` writes one, `model:` names it"
        )
    try:
        label, tensors = _read(path)
        if label.get("format_version") != FORMAT_VERSION:
            found = label.get("format_version")
            raise ModelError(f"{path}: expected model format {FORMAT_VERSION}, got {found!r}; train it anew")
        kind = CellKind(label.get("cell", ""))
        _check(kind, tensors)
        network = Network.from_tensors(kind, tensors)
    except (SafetensorError, KeyError, ValueError, OSError) as fault:
        raise ModelError(
            f"{path}: expected safetensors with {len(TENSORS)} tensors, got: {fault}; train it anew"
        ) from fault
    if network.features != FEATURES:
        raise ModelError(f"{path}: expected {FEATURES} features, got {network.features}; train it anew")
    return ModelFile(network, kind, _reference(path, tensors.get(REFERENCE)), _remark(path, tensors))


def _read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Return the label and the tensors of a weights file.

    Raises: SafetensorError, OSError, ValueError.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{size} bytes, more than {MAX_BYTES}")
    with safe_open(path, framework="numpy") as file:
        label = _label((file.metadata() or {}).get(LABEL, "{}"))
        for name in file.keys():  # noqa: SIM118 - safe_open has no __iter__
            kind = file.get_slice(name).get_dtype()
            if kind != "F32":
                raise ValueError(f"{name}: expected F32, got {kind}")
        return label, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _label(text: str) -> dict[str, Any]:
    """Read our metadata.

    Raises: ValueError when it is not a JSON object.
    """
    try:
        label = json.loads(text)
    except RecursionError:
        label = None
    if not isinstance(label, dict):
        raise ValueError(f"a label that is no JSON object: {shown(text)}")  # noqa: TRY004 - a file's fault, not a caller's
    return label


def _remark(path: Path, tensors: Mapping[str, NDArray[np.float32]]) -> str | None:
    """Say what is odd about a model that can be used nevertheless; None where nothing is."""
    unknown = sorted(tensors.keys() - {*TENSORS, REFERENCE})
    if not unknown and REFERENCE in tensors:
        return None
    found = f"got {', '.join(unknown)}, which nothing reads" if unknown else "got none"
    lack = "" if REFERENCE in tensors else "; new channels borrow assumed tails"
    return f"{path}: expected {REFERENCE} beside the weights, {found}{lack}; train it anew with `detector train`"


def _reference(path: Path, ladders: NDArray[np.float32] | None) -> NDArray[np.float64]:
    """Return the reference tails of a model."""
    shape = (len(Stream), 2, RUNGS)
    if ladders is None:
        return assumed_reference(len(Stream))
    if ladders.shape != shape or not (np.isfinite(ladders).all() and (ladders >= 0.0).all()):
        raise ModelError(f"{path}: expected {REFERENCE} of shape {shape} with numbers of at least 0; train it anew")
    return ladders.astype(np.float64)


def _check(kind: CellKind, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    """Hold shapes and values against what the cell needs: a weight that is not finite would silence every alert.

    Raises: KeyError for a tensor that is missing, ValueError for one that does not fit, with its name.
    """
    (embedding, features), (_, hidden) = tensors["embed.weight"].shape, tensors["cell.weight_hh_l0"].shape
    if embedding < 1 or hidden < 1:
        raise ValueError(f"expected an embedding and a hidden state, got widths of {embedding} and {hidden}")
    gates = hidden * {CellKind.LSTM: 4, CellKind.GRU: 3}[kind]
    shapes = (
        (embedding, features),
        (embedding,),
        (gates, embedding),
        (gates, hidden),
        (gates,),
        (gates,),
        (3, hidden),
        (3,),
    )
    for name, shape in zip(TENSORS, shapes, strict=True):
        if tensors[name].shape != shape:
            raise ValueError(f"{name}: expected shape {shape}, got {tensors[name].shape}")
        if not (np.abs(tensors[name]) <= LARGEST).all():  # not true of NaN either
            raise ValueError(f"{name}: expected weights of at most {LARGEST:g}, got others")
