"""Blocks: named arrays that grow together."""

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block

FAR_BACK = np.iinfo(np.int64).min


class _Block(Block):
    """Three columns of different shapes and types."""

    level: NDArray[np.float64]
    last_at: NDArray[np.int64]
    memory: NDArray[np.float32]

    def __init__(self) -> None:
        super().__init__(
            {
                "level": ((), np.float64, np.nan),
                "last_at": ((), np.int64, FAR_BACK),
                "memory": ((2, 3), np.float32, 0.5),
            }
        )


def test_a_new_block_has_no_rows() -> None:
    """Before it grows, a block is empty and so are its arrays."""
    block = _Block()
    assert len(block) == 0
    assert {name: len(array) for name, array in block.arrays().items()} == {"level": 0, "last_at": 0, "memory": 0}


def test_new_rows_hold_the_start_values() -> None:
    """Rows that were never written hold the stated start value in the stated type, the least integer exactly."""
    block = _Block()
    block.grow(3)
    assert np.isnan(block.level[:3]).all()
    assert block.last_at[:3].tolist() == [FAR_BACK] * 3
    assert block.memory[:3].shape == (3, 2, 3)
    assert [array.dtype for array in block.arrays().values()] == [np.float64, np.int64, np.float32]


def test_growth_keeps_what_was_written() -> None:
    """Growing one by one far beyond the first capacity loses no row and spoils no new one."""
    block = _Block()
    for rows in range(1, 200):
        block.grow(rows)
        assert np.isnan(block.level[rows - 1])
        block.level[rows - 1], block.last_at[rows - 1], block.memory[rows - 1] = rows, -rows, rows
    assert block.level[:199].tolist() == list(range(1, 200))
    assert block.last_at[:199].tolist() == [-rows for rows in range(1, 200)]
    assert (block.memory[:199, 1, 2] == np.arange(1, 200)).all()


def test_a_block_never_shrinks() -> None:
    """Asking for fewer rows than there are changes nothing."""
    block = _Block()
    block.grow(5)
    block.level[:] = 1.0
    block.grow(2)
    assert len(block) == 5
    assert block.level[:5].tolist() == [1.0] * 5


def test_growing_one_by_one_rarely_allocates() -> None:
    """A thousand rows, one at a time, are moved to larger arrays about log2(1000 / 16) times."""
    block, moves = _Block(), 0
    for rows in range(1, 1001):
        before = block.level
        block.grow(rows)
        moves += block.level is not before
    assert moves == 7


def test_arrays_are_views_of_the_rows_in_use() -> None:
    """What the snapshot sees is the state itself, without the rows that are not in use yet."""
    block = _Block()
    block.grow(3)
    block.level[1] = 7.0
    seen = block.arrays()["level"]
    assert len(seen) == 3
    assert seen[1] == 7.0
    assert np.shares_memory(seen, block.level)


def test_rows_that_were_adopted_do_not_double() -> None:
    """One more than 1,000 rows that were restored takes room for 1,024, as it would have without a restart."""
    block, full = _Block(), _Block()
    full.grow(1000)
    block.adopt({name: array.copy() for name, array in full.arrays().items()})
    block.grow(1001)
    assert len(block.level) == 1024
