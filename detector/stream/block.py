"""Readings of some messages as arrays, and which message each is of.

In: the fields of messages. Out: a `Block`, and several joined to one.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.stream.stamp import Ints

Places: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]


class Block(NamedTuple):
    """Readings of some messages, in the order of these and of the fields within one. Shapes: every array is (R,)."""

    places: Places
    """Of the messages that they are of."""
    numbers: Places
    at_us: Ints
    values: Floats


def block_of(places: Places, numbers: Places, at_us: Ints, values: Floats) -> Block:
    """Return the readings of messages (B,) that have as many fields (B, F) each."""
    fields = numbers.shape[1]
    return Block(places.repeat(fields), numbers.ravel(), at_us.repeat(fields), values.ravel())


NO_BLOCK: Final = Block(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros(0))


def join(blocks: Sequence[Block]) -> Block:
    """Return the readings of several blocks in the order of their messages."""
    some = [block for block in blocks if len(block.places)]
    if len(some) < 2:
        return some[0] if some else NO_BLOCK
    places, numbers, at_us, values = map(np.concatenate, zip(*some, strict=True))
    if (places[1:] >= places[:-1]).all():
        return Block(places, numbers, at_us, values)
    order = places.argsort(kind="stable")
    return Block(places[order], numbers[order], at_us[order], values[order])
