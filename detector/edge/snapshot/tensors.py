"""One file of arrays in the safetensors format, with a checksum over all of it.

In: named arrays. Out: a file, or arrays. Written slice by slice: the library's own writer copies all arrays of a file first,
and the child that writes a snapshot is to need no memory of its own.
Source: the safetensors format (8 bytes of header length, a JSON header, then the arrays' bytes).
"""

import math
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import NonNegativeInt, TypeAdapter

from detector.edge.snapshot.sound import read_as

Arrays = Mapping[str, NDArray[np.generic]]

SLICE: Final = 4 << 20
"""Bytes written at once."""

ALIGNED: Final = 8

DTYPES: Final = {
    np.dtype(kind): name
    for kind, name in (
        (np.float64, "F64"), (np.int64, "I64"), (np.uint64, "U64"),
        (np.float32, "F32"), (np.int32, "I32"), (np.uint32, "U32"),
        (np.float16, "F16"), (np.int16, "I16"), (np.uint16, "U16"),
        (np.int8, "I8"), (np.uint8, "U8"), (np.bool_, "BOOL"),
    )
}  # fmt: skip
NAMED: Final = {name: dtype for dtype, name in DTYPES.items()}


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a header says of one array."""

    dtype: str
    shape: tuple[NonNegativeInt, ...]
    data_offsets: tuple[NonNegativeInt, NonNegativeInt]

    @property
    def size(self) -> int:
        """Return the bytes of the array.

        Raises: ValueError for a type that is not ours.
        """
        if self.dtype not in NAMED:
            raise ValueError(f"expected a dtype such as F64, got {self.dtype[:20]!r}")
        return math.prod(self.shape) * NAMED[self.dtype].itemsize


HEADER: Final = TypeAdapter(dict[str, _Entry])


class Seal(NamedTuple):
    """What a file has to be, to the byte; CRC-32 notices every change of up to 32 bits on end, and others all but surely."""

    size: int
    crc32: int


def write_tensors(path: Path, arrays: Arrays, pause: Callable[[], None]) -> Seal:
    """Write arrays to a new file and bring them to the disk; `pause` is called between slices.

    Raises: OSError.
    """
    return write_slices(path, _slices(arrays), pause)


def write_slices(path: Path, slices: Iterator[memoryview | bytes], pause: Callable[[], None]) -> Seal:
    """Write a new file and bring it to the disk; `pause` is called between slices.

    Raises: OSError.
    """
    size = crc = 0
    with path.open("xb", buffering=0) as file:
        for piece in slices:
            pause()
            rest = memoryview(piece)
            while rest:
                rest = rest[file.write(rest) :]
            size, crc = size + len(piece), zlib.crc32(piece, crc)
        os.fsync(file.fileno())
    return Seal(size, crc)


def read_tensors(path: Path, seal: Seal) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file, in memory of their own.

    Raises: OSError; ValueError when the file is not the one that was sealed, or its header not one of ours.
    """
    whole = read_sealed(path, seal)
    try:
        length = min(int.from_bytes(whole[:8].tobytes(), "little"), len(whole))
        header, body = read_as(HEADER, whole[8 : 8 + length].tobytes()), whole[8 + length :]
        _check(header, len(body))
        return {name: _array(body, entry) for name, entry in header.items()}
    except ValueError as fault:
        raise ValueError(f"{path}: expected a header of arrays, got: {fault}") from fault


def read_sealed(path: Path, seal: Seal) -> NDArray[np.uint8]:
    """Return the bytes of a file, as memory that may be written.

    Raises: OSError; ValueError when the file is not the one that was sealed.
    """
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if size != seal.size:
            raise ValueError(f"{path}: expected {seal.size} bytes, got {size}")
        whole = np.empty(size, np.uint8)
        crc = 0
        for start in range(0, size, SLICE):
            crc = _read_slice(file, whole[start : start + SLICE], crc)
    if crc != seal.crc32:
        raise ValueError(f"{path}: expected the checksum {seal.crc32:08x}, got {crc:08x}")
    return whole


def _read_slice(file: Any, into: NDArray[np.uint8], crc: int) -> int:
    """Fill a slice from a file, and return the checksum so far: it is taken while the bytes are in the processor's cache."""
    rest = into.data
    while rest:
        read = file.readinto(rest)
        if not read:
            raise ValueError(f"{file.name}: expected more bytes, got none")
        rest = rest[read:]
    return zlib.crc32(into.data, crc)


def _slices(arrays: Arrays) -> Iterator[memoryview | bytes]:
    """Yield a file's header and then its arrays, wide numbers first, so that all are aligned."""
    ordered = sorted(arrays.items(), key=lambda one: -one[1].itemsize)
    header: dict[str, Any] = {}
    end = 0
    for name, array in ordered:
        start, end = end, end + array.nbytes
        header[name] = {"dtype": DTYPES[array.dtype], "shape": array.shape, "data_offsets": (start, end)}
    text = orjson.dumps(header)
    text += b" " * (-len(text) % ALIGNED)
    yield len(text).to_bytes(8, "little") + text
    for _, array in ordered:
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        yield from (flat[start : start + SLICE] for start in range(0, len(flat), SLICE))


def _check(header: Mapping[str, _Entry], size: int) -> None:
    """Check that arrays stand one behind the other, none in another's place, and nothing beside them.

    Raises: ValueError.
    """
    end = 0
    for entry in sorted(header.values(), key=lambda entry: entry.data_offsets):
        if entry.data_offsets != (end, end + entry.size):
            raise ValueError(f"an array at {list(entry.data_offsets)}, where {[end, end + entry.size]} was expected")
        end += entry.size
    if end != size:
        raise ValueError(f"{size} bytes of arrays, where {end} were expected")


def _array(body: NDArray[np.uint8], entry: _Entry) -> NDArray[Any]:
    """Return the array that a header's entry speaks of, as a view."""
    start, end = entry.data_offsets
    return body[start:end].view(NAMED[entry.dtype]).reshape(entry.shape)
