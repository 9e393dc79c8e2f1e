"""Law: one slot never serves two keys, and a key never changes its slot."""

from hypothesis import given
from hypothesis import strategies as st

from detector.state.slots import Slot, SlotTable


@given(st.lists(st.text(max_size=3)), st.integers(0, 10))
def test_a_slot_serves_one_key_for_good(keys: list[str], capacity: int) -> None:
    """Assigning in any order keeps keys and slots one to one, up to the capacity."""
    table: SlotTable[str] = SlotTable(capacity)
    given_out: dict[str, Slot] = {}
    for key in keys:
        slot = table.assign(key)
        if slot is None:
            assert len(table) == capacity
            assert key not in given_out
        else:
            assert given_out.setdefault(key, slot) == slot
            assert table.key_of(slot) == key
    assert len(set(given_out.values())) == len(given_out) == len(table)
    assert list(table) == list(given_out)
