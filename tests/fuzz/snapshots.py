"""What is fuzzed of snapshots: a sound one, of which one file says something else and is sealed anew, so that it is believed.

In: bytes, as a fuzzer or the corpus has them. Out: nothing, or an exception that is a finding: a snapshot is refused in our own
words, or an engine can go on from it.
"""

import shutil
import tempfile
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from detector.edge.snapshot import read_snapshot, write_snapshot
from detector.edge.snapshot.files import MANIFEST, NAMES
from detector.edge.snapshot.manifest import FORMAT
from detector.errors import SnapshotError
from detector.stream.batch import Batcher
from tests.fleet import engine, noise, readings
from tests.unit.edge.snapshot.taken import taken

FOLDER: Final = tempfile.TemporaryDirectory(prefix="detector-fuzz-snapshots-")
MOST_ZEROS: Final = 10_000

STREAM: Final = readings("é/1", noise(5, 3), start_s=1000.0) + readings("new", noise(6, 3), start_s=4000.0)
"""What comes after a restart: of a device that is known and of one that is not."""


@cache
def _sound() -> Path:
    """Return a sound snapshot, of which each input spoils a copy."""
    place = Path(FOLDER.name, "sound")
    write_snapshot(place, taken())
    return place


@cache
def _manifest() -> Any:
    """Return what its manifest says."""
    return orjson.loads((_sound() / MANIFEST).read_bytes())["snapshot"]


def manifest(content: bytes) -> None:
    """What a manifest says otherwise than the sound one, a JSON object, and is sealed; anything else is the file itself."""
    _go_on(with_manifest(content))


def tensors(content: bytes) -> None:
    """A file of arrays, that of `alignment`; a first line of JSON and digits stand for a header and so many zeros."""
    _go_on(with_tensors(content))


def names(content: bytes) -> None:
    """The file of names."""
    _go_on(with_names(content))


def with_manifest(content: bytes) -> Path:
    """Return a snapshot with another manifest."""
    with suppress(ValueError, TypeError):
        told = orjson.loads(content)
        content = _sealed(_manifest() | told if isinstance(told, dict) else told)
    return _with({MANIFEST: content})


def with_tensors(content: bytes) -> Path:
    """Return a snapshot with another file of arrays."""
    head, _, zeros = content.partition(b"\n")
    if zeros.strip().isdigit():
        content = len(head).to_bytes(8, "little") + head + bytes(min(int(zeros), MOST_ZEROS))
    return _with_file("alignment.safetensors", content)


def with_names(content: bytes) -> Path:
    """Return a snapshot with another file of names."""
    return _with_file(NAMES, content)


def _with_file(name: str, content: bytes) -> Path:
    """Return the snapshot with another file of this name, which the manifest has for the right one."""
    seals = _manifest()["files"] | {name: [len(content), zlib.crc32(content)]}
    return _with({name: content, MANIFEST: _sealed(_manifest() | {"files": seals})})


def _sealed(told: Any) -> bytes:
    """Return a manifest that says this, with its checksum."""
    checksum = zlib.crc32(orjson.dumps(told, option=orjson.OPT_SORT_KEYS))
    return orjson.dumps({"format": FORMAT, "crc32": checksum, "snapshot": told})


def _with(files: dict[str, bytes]) -> Path:
    """Return the snapshot with these files in the place of its own."""
    place = Path(FOLDER.name, "spoilt")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(_sound(), place)
    for name, content in files.items():
        (place / name).write_bytes(content)
    return place


def _go_on(place: Path) -> None:
    """Read a snapshot; where that can be done, go on from it."""
    with suppress(SnapshotError):
        found = read_snapshot(place)
        subject, batcher = engine(), Batcher(4096, found.clock)
        subject.restore(found.engine)
        for batch in batcher.cut(STREAM):
            subject.step(batch)
        subject.census()
