"""Symmetric matrices that are kept by their diagonals."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.symmetric import half, isolate, products, set_diagonal, take_off

CHANNELS = 40
WIDTHS = (1, 2, 3, 5, 8, 9, 18)


def drawn(places: int) -> NDArray[np.float32]:
    """Return one vector a channel (CHANNELS, D)."""
    return np.random.default_rng(places).standard_normal((CHANNELS, places)).astype(np.float32)


def learnt(places: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the column of matrices that are twice the unit one and a vector's product with itself, and the same in full."""
    column, slots, vectors = np.zeros((CHANNELS, half(places), places), np.float32), np.arange(CHANNELS), drawn(places)
    set_diagonal(column, slots, np.full(places, 2.0))
    take_off(column, slots, vectors, np.full(CHANNELS, -1, np.float32))
    return column, 2.0 * np.eye(places, dtype=np.float32) + np.einsum("bi,bj->bij", vectors, vectors)


@pytest.mark.parametrize("places", WIDTHS)
def test_products_are_those_of_the_full_matrices(places: int) -> None:
    """What was added to the diagonals acts on vectors as the symmetric matrix that it stands for."""
    column, full = learnt(places)
    vectors = drawn(places)[::-1].copy()
    found = products(column, np.arange(CHANNELS), vectors)
    assert found == pytest.approx(np.einsum("bij,bj->bi", full, vectors), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("places", WIDTHS)
def test_rows_do_not_see_their_neighbours(places: int) -> None:
    """A channel's product has the same bits alone, beside any number of others, and at any place among them."""
    column, _ = learnt(places)
    together = products(column, np.arange(CHANNELS), drawn(places))
    for count in range(1, CHANNELS):
        slots = np.arange(CHANNELS)[-count:][::-1]
        assert np.array_equal(products(column, slots, drawn(places)[slots]), together[slots])


@pytest.mark.parametrize("places", WIDTHS)
def test_what_was_added_and_taken_off_leaves_what_was_there(places: int) -> None:
    """Only the rounding of one addition remains."""
    column, _ = learnt(places)
    take_off(column, np.arange(CHANNELS), drawn(places))
    assert column[:, 0] == pytest.approx(np.full((CHANNELS, places), 2.0), abs=1e-5)
    assert column[:, 1:] == pytest.approx(np.zeros((CHANNELS, half(places) - 1, places)), abs=1e-5)


@pytest.mark.parametrize("places", WIDTHS)
def test_an_isolated_place_has_nothing_in_common_with_the_others(places: int) -> None:
    """It keeps its new variance, the others what they had among themselves."""
    column, full = learnt(places)
    isolate(column, np.array([3]), np.array([places - 1]), np.array([7.0]))
    full[3, -1, :] = full[3, :, -1] = 0.0
    full[3, -1, -1] = 7.0
    axes, slots = np.eye(places, dtype=np.float32), np.full(places, 3)
    assert products(column, slots, axes) == pytest.approx(full[3], rel=1e-5, abs=1e-5)
