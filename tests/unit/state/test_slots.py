"""The slot table: keys to rows."""

from detector.state.slots import SlotTable


def test_slots_are_handed_out_in_order_of_arrival() -> None:
    """The first key gets row 0, the next one row 1, and asking again gives the same row."""
    table: SlotTable[str] = SlotTable(10)
    assert [table.assign(key) for key in ("b", "a", "b", "c")] == [0, 1, 0, 2]
    assert list(table) == ["b", "a", "c"]
    assert len(table) == 3


def test_a_full_table_refuses_new_keys_and_serves_the_old_ones() -> None:
    """Beyond the capacity a new key gets None, and nothing else changes."""
    table: SlotTable[str] = SlotTable(1)
    assert table.assign("a") == 0
    assert table.assign("b") is None
    assert table.find("b") is None
    assert table.assign("a") == 0
    assert len(table) == 1


def test_finding_a_key_never_gives_it_a_slot() -> None:
    """Looking a key up leaves the table as it was."""
    table: SlotTable[str] = SlotTable(10)
    assert table.find("a") is None
    assert len(table) == 0


def test_a_slot_leads_back_to_its_key() -> None:
    """Keys of any hashable kind come back from their slot."""
    table: SlotTable[tuple[str, str]] = SlotTable(10)
    slot = table.assign(("pump", "temperature"))
    assert slot is not None
    assert table.key_of(slot) == ("pump", "temperature")


def test_many_keys_are_found_as_one_by_one() -> None:
    """Looking up many keys gives each its slot, and None to those that have none."""
    table: SlotTable[str] = SlotTable(10)
    table.assign("a")
    table.assign("b")
    assert table.find_all(["b", "c", "a"]) == [table.find(key) for key in ("b", "c", "a")] == [1, None, 0]
