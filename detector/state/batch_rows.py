"""Which row of a batch speaks of a channel: for those who look at other channels of the same batch.

In: the slots of a batch, in order, and others that are looked for. Out: rows. Nothing is remembered between two batches.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.state.rows import Slots

LAST_ROW: Final = np.iinfo(np.intp).max
"""The row of who does not speak in the batch: it comes after all others."""


class BatchRows:
    """Scratch with a place for every channel; only a batch's own are set, and cleared again, however many there are."""

    def __init__(self) -> None:
        """Start without places."""
        self._row_of = np.empty(0, np.intp)

    def among(self, slots: Slots, others: NDArray[np.signedinteger[Any]], channels: int) -> Slots:
        """Return the row of each of `others`, of any shape, in the batch of `slots` (B,), LAST_ROW for who does not speak and for -1.

        There are so many `channels` in all.
        """
        if len(self._row_of) <= channels:  # the last place is that of -1, which is nobody
            self._row_of = np.full(2 * channels + 1, LAST_ROW, np.intp)
        self._row_of[slots] = np.arange(len(slots))
        rows: Slots = self._row_of[others]
        self._row_of[slots] = LAST_ROW
        return rows
