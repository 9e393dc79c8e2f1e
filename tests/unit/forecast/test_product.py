"""The product in tiles."""

import numpy as np
import pytest

from detector.forecast.product import TILES, _by_sums, product_of_each, tiled_product


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 64, 101])
def test_the_product_is_the_product(count: int) -> None:
    """Any number of rows multiplies as float64 would, within float32's rounding."""
    generator = np.random.default_rng(count)
    rows, weights = (generator.standard_normal(shape, dtype=np.float32) for shape in ((count, 20), (20, 13)))
    product = tiled_product(rows, weights)
    assert product.dtype == np.float32
    assert product == pytest.approx(rows.astype(np.float64) @ weights.astype(np.float64), abs=1e-5)


def test_no_rows_give_no_rows() -> None:
    """An empty batch multiplies to an empty batch of the right width."""
    assert tiled_product(np.empty((0, 5), np.float32), np.ones((5, 3), np.float32)).shape == (0, 3)


def test_rows_that_are_not_contiguous_multiply_as_their_copy() -> None:
    """A slice of the state gives the same bits as a copy of it."""
    wide = np.random.default_rng(0).standard_normal((10, 40), dtype=np.float32)
    weights = np.random.default_rng(1).standard_normal((20, 6), dtype=np.float32)
    assert np.array_equal(tiled_product(wide[:, :20], weights), tiled_product(wide[:, :20].copy(), weights))


def test_the_rows_are_left_as_they_were() -> None:
    """Padding happens in a copy, also where the rows fill their tiles."""
    rows = np.ones((max(TILES), 4), np.float32)
    tiled_product(rows, np.ones((4, 4), np.float32))
    assert (rows == 1.0).all()


@pytest.mark.parametrize("size", [1, 2, 16, 33])
def test_each_matrix_meets_its_own_vector(size: int) -> None:
    """With BLAS or without, every product is what float64 makes of it."""
    generator = np.random.default_rng(size)
    matrices, vectors = (
        generator.standard_normal(shape, dtype=np.float32) for shape in ((9, 3, size, size), (9, 3, size))
    )
    expected = np.einsum("bkij,bkj->bki", matrices.astype(np.float64), vectors.astype(np.float64))
    for product in (product_of_each(matrices, vectors), _by_sums(matrices, vectors)):
        assert product.dtype == np.float32
        assert product == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("size", [1, 5, 16])
def test_a_matrix_and_its_vector_do_not_see_their_neighbours(size: int) -> None:
    """Alone or at any place of a batch, the product has the same bits."""
    generator = np.random.default_rng(size)
    matrices, vectors = (
        generator.standard_normal(shape, dtype=np.float32) for shape in ((40, 2, size, size), (40, 2, size))
    )
    together = product_of_each(matrices, vectors)
    for place in range(40):
        alone = product_of_each(matrices[place : place + 1].copy(), vectors[place : place + 1].copy())
        assert np.array_equal(alone[0], together[place])
