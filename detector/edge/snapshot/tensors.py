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
from detector.state.room import zeros

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
    """Return the arrays of a file, each in memory of its own, which may grow.

    Raises: OSError; ValueError when the file is not the one that was sealed, or its header not one of ours.
    """
    with path.open("rb", buffering=0) as file:
        sealed = _Sealed(file, seal)
        try:
            length = int.from_bytes(sealed.read(min(8, seal.size)).tobytes(), "little")
            header = read_as(HEADER, sealed.read(min(length, sealed.left)).tobytes())
            _check(header, sealed.left)
            arrays = {name: zeros(entry.shape, NAMED[entry.dtype]) for name, entry in header.items()}
        except ValueError as fault:
            sealed.finish()  # a file that is another than was written says so first
            raise ValueError(f"{path}: expected a header of arrays, got: {fault}") from fault
        for name, _ in sorted(header.items(), key=lambda one: one[1].data_offsets):
            sealed.fill(arrays[name].reshape(-1).view(np.uint8))
        sealed.finish()
    return arrays


def read_sealed(path: Path, seal: Seal) -> NDArray[np.uint8]:
    """Return the bytes of a file, as memory that may be written.

    Raises: OSError; ValueError when the file is not the one that was sealed.
    """
    with path.open("rb", buffering=0) as file:
        sealed = _Sealed(file, seal)
        whole = sealed.read(seal.size)
        sealed.finish()
    return whole


class _Sealed:
    """A file under way, and the checksum of what was read of it so far: taken while the bytes are in the processor's cache."""

    def __init__(self, file: Any, seal: Seal) -> None:
        """Begin.

        Raises: OSError; ValueError when the file has another size.
        """
        size = os.fstat(file.fileno()).st_size
        if size != seal.size:
            raise ValueError(f"{file.name}: expected {seal.size} bytes, got {size}")
        self._file, self._seal = file, seal
        self._crc = 0
        self.left = size
        """Bytes that were not read yet."""

    def read(self, size: int) -> NDArray[np.uint8]:
        """Return the next bytes.

        Raises: OSError; ValueError.
        """
        piece = np.empty(size, np.uint8)
        self.fill(piece)
        return piece

    def fill(self, into: NDArray[np.uint8]) -> None:
        """Fill an array with the next bytes.

        Raises: OSError; ValueError where there are no more.
        """
        for start in range(0, len(into), SLICE):
            piece = into[start : start + SLICE].data
            rest = piece
            while rest:
                read = self._file.readinto(rest)
                if not read:
                    raise ValueError(f"{self._file.name}: expected more bytes, got none")
                rest = rest[read:]
            self._crc = zlib.crc32(piece, self._crc)
        self.left -= len(into)

    def finish(self) -> None:
        """Read what is left, and check all of it.

        Raises: OSError; ValueError when it is not what was sealed.
        """
        while self.left:
            self.read(min(self.left, SLICE))
        if self._crc != self._seal.crc32:
            raise ValueError(f"{self._file.name}: expected the checksum {self._seal.crc32:08x}, got {self._crc:08x}")


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
