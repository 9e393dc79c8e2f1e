"""When devices were heard, many readings at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.domain import EventTime
from detector.edge.heard import Heard

BATCHES = st.lists(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.integers(1, 5)), min_size=1, max_size=12), max_size=5
)


@given(BATCHES)
def test_many_at_once_are_heard_as_one_by_one(batches: list[list[tuple[str, int]]]) -> None:
    """However the readings of devices stand among each other, first, last and count are those of hearing them one after the other."""
    at_once, one_by_one = Heard(), Heard()
    for batch in batches:
        rows = np.array([at_once.row(device) for device, _ in batch], np.intp)
        at_once.hear(rows, np.array([at for _, at in batch], np.int64))
        for device, at in batch:
            one_by_one.hear(np.array([one_by_one.row(device)], np.intp), np.array([EventTime(at)], np.int64))
    (devices, columns), (same, expected) = at_once.columns(), one_by_one.columns()
    assert devices == same
    assert {name: column.tolist() for name, column in columns.items()} == {
        name: column.tolist() for name, column in expected.items()
    }
