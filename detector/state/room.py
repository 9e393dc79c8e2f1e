"""The memory of arrays that grow: where the system can, it moves their pages to a larger place, and nothing is copied.

In: shapes. Out: arrays of zeros, which take memory only where they are written.
Source: mremap(2); madvise(2).
"""

import math
import mmap
from contextlib import suppress
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

CAN_MOVE: Final = hasattr(mmap, "MADV_HUGEPAGE")
"""Linux: elsewhere arrays are copied into larger ones."""

LARGE: Final = 1 << 20
"""Bytes from which an array has a map of its own; smaller ones are copied in no time."""

Shape = tuple[int, ...]


def zeros(shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of zeros."""
    size = _bytes(shape, dtype)
    if not CAN_MOVE or size < LARGE:
        return np.zeros(shape, dtype)
    room = mmap.mmap(
        -1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    )  # private: a fork must not see what is written later
    with suppress(OSError):  # a kernel without huge pages
        room.madvise(mmap.MADV_HUGEPAGE)  # as numpy does for its own
    return seen_in(room, shape, dtype)


def room_of(array: NDArray[Any]) -> mmap.mmap | None:
    """Return the map that an array lies in; None where it has none."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    owner = base.obj if isinstance(base, memoryview) else base
    return owner if isinstance(owner, mmap.mmap) else None


def seen_in(room: mmap.mmap, shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
    """Return what lies in a map, as an array."""
    return np.frombuffer(room, dtype, math.prod(shape)).reshape(shape)


def widened(room: mmap.mmap, shape: Shape, dtype: DTypeLike) -> NDArray[Any] | None:
    """Return what lies in a map as a larger array, zeros behind it; None, and nothing changes, while anybody looks at it."""
    try:
        room.resize(_bytes(shape, dtype))
    except BufferError:
        return None
    return seen_in(room, shape, dtype)


def _bytes(shape: Shape, dtype: DTypeLike) -> int:
    """Return how much memory an array takes."""
    return math.prod(shape) * np.dtype(dtype).itemsize
