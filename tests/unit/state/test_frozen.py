"""What was frozen is taken as far as it fits, block by block, and what is dropped is said."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.state.block import Block, Keys
from detector.state.frozen import Frozen, adopt, freeze


class Sums(Block):
    """A block with a column that is the network's, and one that holds slots."""

    of_network: ClassVar[frozenset[str]] = frozenset({"memory"})
    refers: ClassVar[Mapping[str, Keys]] = {"friend": Keys.CHANNEL}

    memory: NDArray[np.float32]
    total: NDArray[np.float64]
    friend: NDArray[np.int32]

    def __init__(self, width: int = 2) -> None:
        """Start without rows."""
        super().__init__(
            {"memory": ((width,), np.float32, 0.5), "total": ((), np.float64, 0.0), "friend": ((), np.int32, -1)}
        )


class Later(Sums):
    """The same, whose columns came to mean something else."""

    version: ClassVar[int] = 2


def filled(block: Block) -> Frozen:
    """Return what three channels of two devices leave in a block."""
    block.grow(3)
    for array in block.arrays().values():
        array[:] = np.arange(array.size).reshape(array.shape)
    return Frozen(
        ["a", "b"], [("a", "x"), ("b", "x"), ("a", "y")], ["one"] * 3, [], "net", "", 0, freeze({"sums": block})
    )


def test_what_fits_is_taken_whole() -> None:
    """Every column of a block of the same form comes back, and new rows begin as they always do."""
    block = Sums()
    assert adopt({"sums": block}, filled(Sums()), "net") == (frozenset(), ())
    block.grow(4)
    assert block.arrays()["total"].tolist() == [0.0, 1.0, 2.0, 0.0]
    assert block.arrays()["memory"][3].tolist() == [0.5, 0.5]


def test_memories_of_another_network_begin_anew() -> None:
    """Of a block only the columns that are the network's are dropped, and hold their start values."""
    block = Sums()
    assert adopt({"sums": block}, filled(Sums()), "other") == (frozenset(), ("sums.memory (of another network)",))
    assert block.arrays()["total"].tolist() == [0.0, 1.0, 2.0]
    assert block.arrays()["memory"].tolist() == [[0.5, 0.5]] * 3


def test_a_block_of_another_form_begins_anew_as_a_whole() -> None:
    """Where one column has another shape, or the block another version, no column of it is taken."""
    for block in (Sums(width=3), Later()):
        adopted = adopt({"sums": block}, filled(Sums()), "net")
        assert adopted == (frozenset({"sums"}), ("sums (of another form)",))
        assert len(block) == 0


def test_unknown_and_missing_blocks_are_told_apart() -> None:
    """A block that nobody knows here is dropped and said; one that was not frozen begins anew, as nothing is lost."""
    assert adopt({"new": Sums()}, filled(Sums()), "net") == (frozenset({"new"}), ("sums (not known here)",))


def test_rows_that_do_not_match_the_keys_are_refused() -> None:
    """A block with more rows than there are channels belongs to another past."""
    frozen, other = filled(Sums()), Sums()
    other.grow(4)
    spoilt = Frozen(frozen.devices, frozen.channels, frozen.entries, [], "net", "", 0, freeze({"sums": other}))
    assert adopt({"sums": Sums()}, spoilt, "net").anew == {"sums"}


def test_slots_close_up_where_devices_go() -> None:
    """Rows of those that stay move up, and slots that stand in columns move with them; those of who left are no one's."""
    only = filled(Sums()).only(np.array([True, False]))
    assert only.devices == ["a"]
    assert only.channels == [("a", "x"), ("a", "y")]
    assert only.blocks["sums"].arrays["total"].tolist() == [0.0, 2.0]
    assert only.blocks["sums"].arrays["friend"].tolist() == [0, 1]
    without = filled(Sums()).only(np.array([False, True]))
    assert without.blocks["sums"].arrays["friend"].tolist() == [0]
    assert without.blocks["sums"].arrays["total"].tolist() == [1.0]
