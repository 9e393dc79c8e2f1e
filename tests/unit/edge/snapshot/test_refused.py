"""What is sealed and makes no sense all the same is refused, with the place and what was expected there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from detector.edge.snapshot import read_snapshot
from detector.errors import SnapshotError
from tests.fuzz.snapshots import with_manifest, with_names, with_tensors
from tests.fuzz.targets import CORPUS


def refused(folder: str, name: str, spoilt: Callable[[bytes], Path]) -> str:
    """Return how a snapshot is refused that was spoilt by an input of the corpus."""
    with pytest.raises(SnapshotError) as fault:
        read_snapshot(spoilt((CORPUS / folder / name).read_bytes()))
    return str(fault.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text-as-a-number", "seq: Input should be a valid integer"),
        ("a-clock-beyond-the-calendar", "a number in it is beyond all bounds"),
        ("before-the-first-arrival", "a number in it is beyond all bounds"),
        ("a-clock-of-two", "clock.2: Field required"),
        ("no-budget", "expected a budget such as '1 per device per week'"),
        ("no-snapshot", "got: Input should be an object"),
        ("a-file-elsewhere", "expected a file of this folder and its seal, got '../sound/scale.safetensors'"),
        ("keyed-by-what-is-not", "blocks.alignment.keyed_by: Input should be 'channel', 'device', 'pool' or 'list'"),
    ],
)
def test_a_manifest_without_sense_is_refused(name: str, words: str) -> None:
    """Kinds, bounds and the folder's own files are looked after, whatever the checksum says."""
    assert words in refused("manifest", name, with_manifest)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("two-in-one-place", "an array at [16, 32], where [32, 48] was expected"),
        ("a-hole", "bytes of arrays, where"),
        ("negative", "device.shape.0: Input should be greater than or equal to 0"),
        ("another-type", "expected a dtype such as F64, got 'BF16'"),
        ("huge", "an array at [0, 9223372036854775807]"),
        ("a-list", "expected a header of arrays"),
    ],
)
def test_a_header_without_sense_is_refused(name: str, words: str) -> None:
    """Arrays stand one behind the other, each of a type of ours: two that share their memory would be learnt as one."""
    assert words in refused("tensors", name, with_tensors)


@pytest.mark.parametrize("name", ["a-device-twice", "a-channel-of-nobody", "a-channel-from-the-end", "too-few-entries"])
def test_names_without_sense_are_refused(name: str) -> None:
    """Every name stands once, and every channel has a device and an entry."""
    assert "names.json: expected" in refused("names", name, with_names)


def test_a_manifest_of_any_size_is_not_read_whole() -> None:
    """One of more than a megabyte is not ours."""
    with pytest.raises(SnapshotError, match="more than 1048576 bytes"):
        read_snapshot(with_manifest(b" " * (2**20 + 1)))
