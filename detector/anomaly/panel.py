"""The panel of a channel: its peers as they stand when it speaks.

In: who the peers of each row are, which of them speak earlier in the batch. Out: the latest number of each, the median.
"""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from detector.state.rows import Floats, Mask, Slots

Number = TypeVar("Number", bound=np.generic)

PANEL = 12
"""Peers of a channel."""


class Panel(NamedTuple):
    """The peers of each row as they stand at its place in the stream. Shapes (B, PANEL), unless told."""

    peers: Slots
    present: Mask
    away: Floats
    """How far each peer is from its own place; 0 where it is absent."""
    earlier: Slots
    """(E,), places in the flattened (B, PANEL) of peers that speak in this batch, before the row that they are peers of."""
    row: Slots
    """(E,), the rows in which they do."""
    heard: NDArray[np.int8]
    """(B,), how many are present."""
    seated: NDArray[np.int8]
    """(B,), how many there are that have spoken by now."""

    @classmethod
    def of_nobody(cls, count: int) -> "Panel":
        """Return the panel of so many rows that have no peers."""
        absent, none = np.zeros((count, PANEL), np.bool_), np.zeros(count, np.int8)
        peers, nowhere = np.full(absent.shape, -1, np.intp), np.empty(0, np.intp)
        return cls(peers, absent, np.zeros(absent.shape), nowhere, nowhere, none, none)

    def latest(self, of_rows: NDArray[np.generic], stored: NDArray[Number]) -> NDArray[Number]:
        """Return a number of each peer: of its row (B,) if that comes earlier in this batch, else the `stored` (N,) one."""
        return latest(of_rows, stored, self.peers, self.earlier, self.row)

    def middle(self, numbers: NDArray[np.floating]) -> Floats:
        """Return the median of `numbers` (B, PANEL) over the peers that are present; 0 where none is."""
        ordered = np.where(self.present, numbers, np.inf)
        ordered.sort(axis=1)
        places, last = np.arange(len(ordered)), np.maximum(self.heard, 1) - 1
        middle = 0.5 * (ordered[places, last // 2] + ordered[places, (last + 1) // 2])
        return np.where(self.heard > 0, middle, 0.0)


def latest(
    of_rows: NDArray[np.generic], stored: NDArray[Number], peers: Slots, earlier: Slots, row: Slots
) -> NDArray[Number]:
    """Return a number of each peer, as `Panel.latest` does; names and shapes as there.

    Numbers of rows are rounded as those stored: what a row sees does not depend on where batches were cut.
    """
    numbers = stored[peers]
    numbers.reshape(-1)[earlier] = of_rows.take(row)
    return numbers


def counts(mask: Mask) -> NDArray[np.int8]:
    """Return how many of each row (B, PANEL) are true; in a fifth of the time of `mask.sum(axis=1)`."""
    found: NDArray[np.int8] = np.einsum("bp->b", mask.view(np.int8))
    return found
