"""The product in tiles."""

import numpy as np
import pytest

from detector.forecast.product import TILES, tiled_product


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
