"""Symmetric matrices of many channels, by their diagonals: each pair of places is kept once.

In: rows of a block's column (B, HALF, D), float32: the number of places i and (i + k) % D stands at [k, i]. Out: their
products with vectors, and what is left of them after an update. Where D is even, the last diagonal has every pair twice: whatever changes one
of the two has to change the other by the very same bits, or they part for good.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from detector.state.rows import Floats, Slots

Numbers = NDArray[np.float32]

TILE = 512
"""Rows that are worked on at a time: what is made of them is small enough to stay in the cache, and to be freed memory
that is used again; 3,000 rows of 18 places at once take up to four times as long."""


def half(places: int) -> int:
    """Return how many diagonals make a symmetric matrix, when each goes around its end."""
    return places // 2 + 1


def products(column: Numbers, slots: Slots, vectors: Numbers) -> Numbers:
    """Return the products of the matrices of `slots` (B,) with `vectors` (B, D), each row's bits its own. Shape (B, D)."""
    count, places = vectors.shape
    found = np.empty((count, places), np.float32)
    for first in range(0, count, TILE):
        tile = slice(first, first + TILE)
        kept = column.take(slots[tile], axis=0).reshape(-1, half(places) * places)
        full = kept.take(_where(places), axis=1, mode="wrap").reshape(
            -1, places, places
        )  # a quarter faster than "raise"
        np.einsum("bij,bj->bi", full, vectors[tile], out=found[tile])  # BLAS might round by the place in memory
    return found


def take_off(column: Numbers, slots: Slots, vectors: Numbers, signs: Numbers | None = None) -> None:
    """Take the product of each of `vectors` (B, D) with itself off the matrices of `slots`, or add it where signs (B,) are -1."""
    signed = vectors if signs is None else vectors * signs[:, None]
    for first in range(0, len(slots), TILE):
        tile = slice(first, first + TILE)
        product = np.einsum(
            "bi,bki->bki", signed[tile], _shifted(vectors[tile])
        )  # half the time of a broadcast product
        column[slots[tile]] = np.subtract(column.take(slots[tile], axis=0), product, out=product)


def _shifted(vectors: Numbers) -> Numbers:
    """Return what stands 0, 1, ... places after each number of `vectors` (B, D), around the end: (B, HALF, D), a view."""
    count, places = vectors.shape
    twice = np.concatenate((vectors, vectors[:, : half(places) - 1]), axis=1)
    row, number = twice.strides
    return np.ndarray((count, half(places), places), np.float32, twice, strides=(row, number, number))


def dots(left: NDArray[np.floating], right: NDArray[np.floating]) -> Floats:
    """Return the sums (B,) of the products of two arrays (B, D), both contiguous, each row's bits its own."""
    sums: NDArray[np.floating] = np.einsum("bi,bi->b", left, right)
    return sums.astype(np.float64, copy=False)


def set_diagonal(column: Numbers, slots: Slots, diagonal: NDArray[np.floating]) -> None:
    """Make the matrices of these slots (C,) diagonal ones, of these numbers (D,)."""
    column[slots] = 0.0
    column[slots, 0] = diagonal


def isolate(column: Numbers, slots: Slots, places: NDArray[np.intp], variance: NDArray[np.floating]) -> None:
    """Let one place of each slot have nothing in common with the others, and this variance. Shapes: (C,)."""
    _, diagonals, count = column.shape
    shifts = np.arange(diagonals)
    column[slots, :, places] = 0.0
    column[slots[:, None], shifts, (places[:, None] - shifts) % count] = 0.0
    column[slots, 0, places] = variance


@cache
def _where(places: int) -> NDArray[np.intp]:
    """Return where each number of a full matrix is kept. Shape (D * D,)."""
    row, column = np.divmod(np.arange(places * places), places)
    shift = (column - row) % places
    return np.where(shift < half(places), shift * places + row, (places - shift) * places + column)
