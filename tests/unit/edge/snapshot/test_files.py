"""A snapshot comes back as it was, or not at all."""

import shutil
import zlib
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from detector.edge.snapshot import Snapshot, read_snapshot, write_snapshot
from detector.edge.snapshot.files import MANIFEST, NAMES, UNFINISHED
from detector.edge.snapshot.tensors import DTYPES, read_tensors, write_tensors
from detector.errors import SnapshotError
from tests.laws.remembering import everything
from tests.unit.edge.snapshot.taken import taken

SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    """Return one snapshot for all."""
    return taken()


@pytest.fixture(scope="module")
def folder(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return its folder."""
    place = tmp_path_factory.mktemp("snapshots") / "7"
    write_snapshot(place, snapshot)
    return place


def plain(snapshot: Snapshot) -> dict[str, object]:
    """Return all that a snapshot says; files know neither tuples nor the order of blocks."""
    found = everything(snapshot).items()
    return {
        path: sorted(one) if path.endswith("()") else list(one) if isinstance(one, tuple) else one
        for path, one in found
    }


def test_what_was_written_is_read_bit_by_bit(snapshot: Snapshot, folder: Path) -> None:
    """Arrays, names, clock and view come back equal, and nothing else lies about."""
    assert plain(read_snapshot(folder)) == plain(snapshot)
    assert not folder.with_name(folder.name + UNFINISHED).exists()


def test_arrays_that_were_read_can_be_written(folder: Path) -> None:
    """The engine goes on in the memory that was read: it is aligned, and its own."""
    for block in read_snapshot(folder).engine.blocks.values():
        for array in block.arrays.values():
            assert array.flags.writeable
            assert array.flags.aligned


def files(folder: Path) -> st.SearchStrategy[Path]:
    """Draw a file of a snapshot: the manifest or the names as often as one of the many blocks."""
    blocks = sorted(folder.glob("*.safetensors"))
    return st.sampled_from([MANIFEST, NAMES]).map(folder.joinpath) | st.sampled_from(blocks)


def test_a_digit_of_the_manifest_is_not_believed(folder: Path, tmp_path: Path) -> None:
    """Another number of the last arrival, though it reads well, is refused: the journal would be read from elsewhere."""
    text = (folder / MANIFEST).read_bytes()
    assert_refused(folder, tmp_path / "7", MANIFEST, text.replace(b'"seq": 7', b'"seq": 3'))


def assert_refused(folder: Path, other: Path, name: str, spoilt: bytes) -> None:
    """Assert that a folder with one file spoilt is refused, with the file's name."""
    shutil.copytree(folder, other)
    (other / name).write_bytes(spoilt)
    with pytest.raises(SnapshotError, match=name):
        read_snapshot(other)


@SAME_FOLDER
@given(st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(folder: Path, data: st.DataObject) -> None:
    """Any byte of any file, changed to any other: the snapshot is refused, or read as it was."""
    file = data.draw(files(folder))
    whole = file.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    spoilt = bytearray(whole)
    spoilt[place] ^= data.draw(st.integers(1, 255))
    assert_refused_or_same(folder, file, bytes(spoilt))


@SAME_FOLDER
@given(st.data())
def test_a_changed_length_is_refused_or_changes_nothing(folder: Path, data: st.DataObject) -> None:
    """Any file, cut anywhere or with bytes after it: the snapshot is refused, or read as it was."""
    file = data.draw(files(folder))
    whole = file.read_bytes()
    spoilt = whole[: data.draw(st.integers(0, len(whole) - 1))] if data.draw(st.booleans()) else whole + b"\0"
    assert_refused_or_same(folder, file, spoilt)


def assert_refused_or_same(folder: Path, file: Path, spoilt: bytes) -> None:
    """Assert that a folder with one file spoilt is refused with the place, or is read as the sound one."""
    sound = plain(read_snapshot(folder))
    other = folder.with_name("spoilt")
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(folder, other)
    (other / file.name).write_bytes(spoilt)
    try:
        found = plain(read_snapshot(other))
    except SnapshotError as fault:
        assert str(other) in str(fault)  # noqa: PT017 - both outcomes are right
    else:
        assert found == sound


@pytest.mark.parametrize("name", ["names.json", "view.json", "scale.safetensors", MANIFEST])
def test_a_missing_file_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    """A file that is not there is named in the refusal."""
    other = tmp_path / "7"
    shutil.copytree(folder, other)
    (other / name).unlink()
    with pytest.raises(SnapshotError, match=name):
        read_snapshot(other)


def test_another_format_is_refused_with_both_numbers(folder: Path, tmp_path: Path) -> None:
    """A snapshot of a format that is not ours says which it is and which is read here."""
    other = tmp_path / "7"
    shutil.copytree(folder, other)
    text = (other / MANIFEST).read_bytes()
    (other / MANIFEST).write_bytes(text.replace(b'"format": 2', b'"format": 99'))
    with pytest.raises(SnapshotError, match="expected snapshot format 2, got 99"):
        read_snapshot(other)


def test_a_snapshot_of_the_format_before_is_read(folder: Path, tmp_path: Path) -> None:
    """What it does not say of the clock and of refusals is as at a first start."""
    other = tmp_path / "7"
    shutil.copytree(folder, other)
    outer = orjson.loads((other / MANIFEST).read_bytes())
    told = outer["snapshot"]
    del told["refused"]
    told["clock"] = told["clock"][:3]
    outer |= {"format": 1, "crc32": zlib.crc32(orjson.dumps(told, option=orjson.OPT_SORT_KEYS))}
    (other / MANIFEST).write_bytes(orjson.dumps(outer))
    clock = read_snapshot(other).clock
    assert (clock[:3], clock.speaker, clock.alone) == (read_snapshot(folder).clock[:3], None, None)


def test_a_snapshot_takes_the_place_of_one_of_its_number(folder: Path, tmp_path: Path) -> None:
    """Where a folder of the same number is in the way, it is replaced."""
    other = tmp_path / "7"
    other.mkdir()
    (other / MANIFEST).write_text("rubbish")
    write_snapshot(other, taken())
    assert read_snapshot(other).seq == 7


def test_the_format_is_safetensors(tmp_path: Path) -> None:
    """The library reads our files as we do, every type of number, empty arrays and odd lengths among them."""
    arrays = {f"a{name}": np.arange(7).astype(kind) for kind, name in DTYPES.items()}
    arrays |= {"none": np.zeros((0, 3)), "wide": np.arange(30, dtype=np.int8).reshape(2, 3, 5)}
    path = tmp_path / "x.safetensors"
    seal = write_tensors(path, arrays, lambda: None)
    for found in (load_file(path), read_tensors(path, seal)):
        assert everything(dict(sorted(found.items()))) == everything(dict(sorted(arrays.items())))
