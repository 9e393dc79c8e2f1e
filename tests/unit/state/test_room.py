"""The memory of arrays that grow."""

import mmap

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.state.block import Block
from detector.state.room import CAN_MOVE, LARGE, room_of, zeros

ROWS = LARGE // 8
"""So many numbers have a map of their own."""


class _Block(Block):
    """One column of numbers that start at 1, and one that starts at 0."""

    ones: NDArray[np.float64]
    nothing: NDArray[np.float64]

    def __init__(self) -> None:
        super().__init__({"ones": ((), np.float64, 1.0), "nothing": ((), np.float64, 0.0)})


def test_large_and_small_arrays_are_zeros_that_may_be_written() -> None:
    """Whether it has a map or not, an array begins as zeros of its type."""
    for rows in (3, ROWS):
        array = zeros((rows, 2), np.int32)
        assert array.shape == (rows, 2)
        assert array.dtype == np.int32
        assert not array.any()
        array[-1] = 7
        assert array[-1].tolist() == [7, 7]


@pytest.mark.skipif(not CAN_MOVE, reason="arrays are copied here")
def test_a_large_column_moves_and_is_not_copied() -> None:
    """Growing keeps what was written and the map that it lies in; rows that are new hold start values."""
    block = _Block()
    block.grow(ROWS)
    block.ones[:ROWS] = block.nothing[:ROWS] = np.arange(ROWS)
    room = room_of(block.ones)
    assert isinstance(room, mmap.mmap)
    block.grow(ROWS + 5)
    assert room_of(block.ones) is room
    assert block.ones[ROWS - 1 : ROWS + 5].tolist() == [ROWS - 1, 1, 1, 1, 1, 1]
    assert block.nothing[ROWS - 1 : ROWS + 5].tolist() == [ROWS - 1, 0, 0, 0, 0, 0]
    assert (block.ones[:ROWS] == np.arange(ROWS)).all()


def test_who_looks_at_a_column_sees_it_as_it_was() -> None:
    """A view that was taken before a block grew stays what it was, and the block goes on with a copy."""
    block = _Block()
    block.grow(ROWS)
    seen = block.arrays()["ones"]
    block.grow(ROWS + 1)
    block.ones[0] = 5.0
    assert (len(seen), seen[0], block.ones[0]) == (ROWS, 1.0, 5.0)


def test_a_slot_of_nobody_reads_start_values() -> None:
    """The last row of the room, which a slot of -1 reads, is what a new row is, though most of the room is untouched."""
    block = _Block()
    for rows in (1, 17, 40, ROWS, ROWS + 1):
        block.grow(rows)
        assert block.ones[-1] == 1.0
        assert (block.ones[:rows] == 1.0).all()
