"""Matrix products whose every row is bit-identical whatever rows stand beside it.

BLAS rounds a row differently with its place and with the number of rows (other kernels serve the edges of a
matrix). So rows are multiplied in tiles of one fixed, small shape, padded with zeros. The tile is the largest
for which this machine's BLAS treats every row alike; a tile of one row always does. See DECISIONS.md, 3.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

TILES = (16, 8, 4, 2)
"""Tile heights worth trying, best first: an LSTM's gates cost 0.28 µs a row in tiles of 8, 0.26 of 16 and 0.25 of 64."""


def tiled_product(rows: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `rows @ weights`, each row independent of its neighbours to the last bit.

    Shapes: rows (B, I) float32, weights (I, O) float32 contiguous; returns (B, O) float32.
    """
    return _in_tiles(rows, weights=weights, height=_tile_height(*weights.shape))


def tiled_layer(*parts: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `rows @ weights[:-1] + weights[-1]` for rows that are the parts side by side, each independent of its neighbours.

    The bias is in the product, since to add it to short rows takes as long as a tenth of the gates' product.
    Shapes: parts (B, I), (B, J), ...; weights (I + J + ... + 1, O), returns (B, O); or weights (G, ..., O) of several
    layers, returns (G, B, O). All float32.
    """
    return _in_tiles(*parts, weights=weights, height=_tile_height(*weights.shape[-2:]))


def _in_tiles(*parts: NDArray[np.float32], weights: NDArray[np.float32], height: int) -> NDArray[np.float32]:
    """Multiply tile by tile, the last one padded with zeros; where the parts leave one column of the weights, it is of ones."""
    count, begin = len(parts[0]), 0
    tiles = -(-count // height)
    width = weights.shape[-2]
    padded = np.zeros((tiles * height, width), dtype=np.float32)
    for part in parts:
        end = begin + part.shape[1]
        padded[:count, begin:end] = part
        begin = end
    padded[:count, begin:] = 1.0
    product: NDArray[np.float32] = np.matmul(padded.reshape(tiles, height, width), weights[..., None, :, :])
    return product.reshape(*weights.shape[:-2], tiles * height, weights.shape[-1])[..., :count, :]


@cache
def _tile_height(inputs: int, outputs: int) -> int:
    """Return the largest tile in which every place gives the same bits, found by trying, once a shape."""
    generator = np.random.default_rng(0)
    weights = generator.standard_normal((inputs, outputs), dtype=np.float32)
    rows = generator.standard_normal((24, inputs), dtype=np.float32)
    for height in TILES:
        together = _in_tiles(rows, weights=weights, height=height)
        places = [np.roll(rows, shift, axis=0) for shift in range(height)]
        if all(
            np.array_equal(np.roll(_in_tiles(moved, weights=weights, height=height), -shift, axis=0), together)
            for shift, moved in enumerate(places)
        ):
            return height
    return 1


def product_of_each(matrices: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each matrix times its own vector, each independent of its neighbours to the last bit.

    Shapes: matrices (..., S, S) and vectors (..., S) float32; returns (..., S) float32.
    """
    if vectors.shape[-1] == 1:
        return matrices[..., 0] * vectors
    if _every_place_alike(vectors.shape[-1]):
        product: NDArray[np.float32] = np.matmul(matrices, vectors[..., None])[..., 0]
        return product
    return _by_sums(matrices, vectors)


def _by_sums(matrices: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each matrix times its own vector without BLAS, at three times the cost."""
    terms = matrices * vectors[..., None, :]
    product: NDArray[np.float32] = terms.sum(axis=-1)
    return product


@cache
def _every_place_alike(size: int) -> bool:
    """Return whether BLAS gives a matrix and its vector the same bits wherever in memory they stand."""
    generator = np.random.default_rng(0)
    matrix, vector = generator.standard_normal((size, size)), generator.standard_normal(size)
    products = []
    for shift in range(16):  # floats: every place within a line of the cache
        room = np.zeros((2, 2 * size * size + 32), np.float32)
        matrices, vectors = room[0, shift:][: 2 * size * size], room[1, shift:][: 2 * size]
        matrices[:], vectors[:] = np.tile(matrix.ravel(), 2), np.tile(vector, 2)
        products += list(np.matmul(matrices.reshape(2, size, size), vectors.reshape(2, size, 1)))
    return all(np.array_equal(product, products[0]) for product in products)
