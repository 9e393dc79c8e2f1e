"""Model folders, written and read, whole and damaged."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.edge.model_file import CARD, FORMAT_VERSION, LABEL, MAX_BYTES, REFERENCE, WEIGHTS, load_model, save_model
from detector.errors import ModelError
from detector.forecast.cell import CellKind
from detector.forecast.network import TENSORS
from detector.forecast.scaling import FEATURES

EMBEDDING, HIDDEN = 24, 6
KINDS = pytest.mark.parametrize("kind", list(CellKind))


def tensors(kind: CellKind, features: int = FEATURES) -> dict[str, np.ndarray]:
    """Return random tensors of the right shapes."""
    gates = HIDDEN * (4 if kind is CellKind.LSTM else 3)
    shapes = (
        (EMBEDDING, features),
        (EMBEDDING,),
        (gates, EMBEDDING),
        (gates, HIDDEN),
        (gates,),
        (gates,),
        (3, HIDDEN),
        (3,),
    )
    generator = np.random.default_rng(3)
    return {name: generator.normal(size=shape).astype(np.float32) for name, shape in zip(TENSORS, shapes, strict=True)}


def write_weights(folder: Path, weights: dict[str, np.ndarray], **metadata: str) -> None:
    """Write a weights file with any tensors and metadata."""
    label = {"format_version": FORMAT_VERSION, "cell": "lstm"} | metadata
    save_file(weights, folder / WEIGHTS, metadata={LABEL: json.dumps(label)})


@KINDS
def test_a_saved_model_comes_back_as_it_was(tmp_path: Path, kind: CellKind) -> None:
    """Cell kind and every weight survive the disk, bit for bit."""
    written = tensors(kind)
    save_model(tmp_path / "new" / "model", kind, written, {"seed": 1})
    model = load_model(tmp_path / "new" / "model")
    assert model.kind is kind
    assert model.network.cell.hidden == HIDDEN
    assert np.array_equal(model.network.embed_weights, written["embed.weight"].T)
    assert np.array_equal(model.network.head_bias, written["head.bias"])


def test_the_card_is_readable_json(tmp_path: Path) -> None:
    """The card stands beside the weights, for people and machines, in UTF-8."""
    save_model(tmp_path, CellKind.LSTM, tensors(CellKind.LSTM), {"unit": "°C"})
    text = (tmp_path / CARD).read_text(encoding="utf-8")
    assert json.loads(text) == {"unit": "°C"}
    assert "°C" in text


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two saves of one model are byte-identical, so that a training can be compared by its files."""
    for name in ("one", "two"):
        save_model(tmp_path / name, CellKind.GRU, tensors(CellKind.GRU), {})
    assert (tmp_path / "one" / WEIGHTS).read_bytes() == (tmp_path / "two" / WEIGHTS).read_bytes()


def test_a_missing_model_is_told_with_what_to_do(tmp_path: Path) -> None:
    """A folder without weights names the file, and the command that writes one."""
    with pytest.raises(ModelError, match=r"weights\.safetensors: expected a trained model.*detector train"):
        load_model(tmp_path)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """Half a file, or no safetensors at all, is a ModelError and not a crash."""
    save_model(tmp_path, CellKind.LSTM, tensors(CellKind.LSTM), {})
    whole = (tmp_path / WEIGHTS).read_bytes()
    for damaged in (b"", b"not a model", whole[: len(whole) // 2]):
        (tmp_path / WEIGHTS).write_bytes(damaged)
        with pytest.raises(ModelError, match="expected safetensors"):
            load_model(tmp_path)


def test_another_format_is_told(tmp_path: Path) -> None:
    """A model of another format version is refused, with both versions."""
    write_weights(tmp_path, tensors(CellKind.LSTM), format_version="0")
    with pytest.raises(ModelError, match="expected model format 1, got '0'"):
        load_model(tmp_path)


def test_a_file_of_another_maker_is_told(tmp_path: Path) -> None:
    """Safetensors without our label are refused, whatever they hold."""
    save_file(tensors(CellKind.LSTM), tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="expected model format 1, got None"):
        load_model(tmp_path)


def test_an_unknown_cell_is_told(tmp_path: Path) -> None:
    """A cell that this version does not know is refused by name."""
    write_weights(tmp_path, tensors(CellKind.LSTM), cell="transformer")
    with pytest.raises(ModelError, match="transformer"):
        load_model(tmp_path)


def test_a_missing_tensor_is_told(tmp_path: Path) -> None:
    """A file without one of the tensors is refused by the tensor's name."""
    incomplete = tensors(CellKind.LSTM)
    del incomplete["head.bias"]
    write_weights(tmp_path, incomplete)
    with pytest.raises(ModelError, match=r"head\.bias"):
        load_model(tmp_path)


def test_tensors_that_do_not_fit_together_are_told(tmp_path: Path) -> None:
    """Weights of one width and a head of another are refused when read, not at the first reading."""
    odd = tensors(CellKind.LSTM) | {"head.weight": np.zeros((3, HIDDEN + 1), dtype=np.float32)}
    write_weights(tmp_path, odd)
    with pytest.raises(ModelError, match=r"head\.weight"):
        load_model(tmp_path)


def test_weights_that_are_not_numbers_are_told(tmp_path: Path) -> None:
    """A weight that is not finite would silence every alert; it is refused."""
    odd = tensors(CellKind.LSTM)
    odd["cell.weight_hh_l0"][2, 3] = np.nan
    write_weights(tmp_path, odd)
    with pytest.raises(ModelError, match=r"cell\.weight_hh_l0"):
        load_model(tmp_path)


def test_another_feature_width_is_told(tmp_path: Path) -> None:
    """A network trained on other features is refused with both widths."""
    write_weights(tmp_path, tensors(CellKind.LSTM, features=FEATURES + 1))
    with pytest.raises(ModelError, match=f"expected {FEATURES} features, got {FEATURES + 1}"):
        load_model(tmp_path)


def ladders() -> np.ndarray:
    """Return reference tails."""
    return assumed_reference(len(Stream)).astype(np.float32)


def test_a_model_with_all_it_should_hold_needs_no_remark(tmp_path: Path) -> None:
    """Weights and reference tails, and nothing else, are nothing to speak of."""
    save_model(tmp_path, CellKind.LSTM, tensors(CellKind.LSTM) | {REFERENCE: ladders()}, {})
    assert load_model(tmp_path).remark is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "got none; new channels borrow assumed tails"),
        (["tails.reference"], "got tails.reference, which nothing reads; new channels borrow assumed tails"),
        (["tails.reference", REFERENCE], "got tails.reference, which nothing reads; train it anew"),
    ],
)
def test_a_model_that_can_be_used_but_is_odd_is_remarked_on(tmp_path: Path, more: list[str], said: str) -> None:
    """Tensors that nothing reads, and tails that are not there, do not stop the model, and are told with what to do."""
    write_weights(tmp_path, tensors(CellKind.LSTM) | dict.fromkeys(more, ladders()))
    remark = load_model(tmp_path).remark
    assert remark is not None
    assert said in remark
    assert "train it anew with `detector train`" in remark


@pytest.mark.parametrize("label", ["[]", "5", "null", '"x"', "{", "[" * 100_000, '{"format_version": "1", "cell": []}'])
def test_a_label_of_another_form_is_told(tmp_path: Path, label: str) -> None:
    """Metadata that is no JSON object of ours, however deep, is a ModelError and not a crash."""
    save_file(tensors(CellKind.LSTM), tmp_path / WEIGHTS, metadata={LABEL: label})
    with pytest.raises(ModelError):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("cell.weight_hh_l0", np.zeros(3, np.float32)),
        ("head.bias", np.zeros(3, np.int64)),
        ("head.bias", np.zeros(3, np.float64)),
        ("head.bias", np.full(3, 3e38, np.float32)),
        ("embed.weight", np.zeros((0, 0), np.float32)),
    ],
)
def test_a_tensor_of_another_form_is_told(tmp_path: Path, name: str, tensor: np.ndarray) -> None:
    """A tensor of other dimensions, of another type, without values or with absurd ones is a ModelError and not a crash."""
    write_weights(tmp_path, tensors(CellKind.LSTM) | {name: tensor})
    with pytest.raises(ModelError):
        load_model(tmp_path)


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3"])
def test_a_type_that_numpy_has_not_is_told(tmp_path: Path, kind: str) -> None:
    """Types of safetensors that numpy lacks are a ModelError and not a crash."""
    size = {"BF16": 2}.get(kind, 1)
    label = {LABEL: json.dumps({"format_version": FORMAT_VERSION, "cell": "lstm"})}
    header = {"__metadata__": label, "x": {"dtype": kind, "shape": [1], "data_offsets": [0, size]}}
    text = json.dumps(header).encode()
    (tmp_path / WEIGHTS).write_bytes(len(text).to_bytes(8, "little") + text + bytes(size))
    with pytest.raises(ModelError, match=f"expected F32, got {kind}"):
        load_model(tmp_path)


def test_a_file_too_large_for_a_model_is_not_read(tmp_path: Path) -> None:
    """A file larger than any model of ours is refused by its size alone."""
    with (tmp_path / WEIGHTS).open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ModelError, match=f"more than {MAX_BYTES}"):
        load_model(tmp_path)
