"""The channel table: which row belongs to which channel of which device."""

from hypothesis import given
from hypothesis import strategies as st

from detector.state.channels import ChannelKey, ChannelTable
from detector.state.slots import Slot, SlotTable

KEYS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "t", "u", "a"])))


def table_of(keys: list[ChannelKey], capacity: int = 100) -> ChannelTable:
    """Return a table that was asked to take channels, one by one."""
    devices: SlotTable[str] = SlotTable(100)
    table = ChannelTable(devices, capacity)
    for device, name in keys:
        devices.assign(device)
        table.assign((device, name))
    return table


@given(KEYS, st.integers(1, 10))
def test_channels_are_found_as_in_a_table_of_plain_keys(keys: list[ChannelKey], capacity: int) -> None:
    """Whatever comes in whatever order, slots, room and order are those of a table that keeps each key as it is."""
    plain: SlotTable[ChannelKey] = SlotTable(capacity)
    slots = [plain.assign(key) for key in keys]
    table = table_of(keys, capacity)
    assert [table.find(key) for key in keys] == slots
    assert list(table) == list(plain)
    assert (len(table), table.room, table.full) == (len(plain), plain.room, plain.full)
    assert [table.key_of(Slot(slot)) for slot in range(len(table))] == list(plain)


@given(KEYS)
def test_a_table_that_was_restored_is_the_one_that_was_kept(keys: list[ChannelKey]) -> None:
    """Keys in slot order bring every slot back, also beyond the capacity."""
    before = table_of(keys)
    devices: SlotTable[str] = SlotTable(1)
    devices.restore(dict.fromkeys(device for device, _ in before))
    after = ChannelTable(devices, 1)
    after.restore(before.keys())
    assert [after.find(key) for key in before] == list(range(len(before)))
    assert after.devices().tolist() == before.devices().tolist()


def test_what_is_not_known_has_no_slot() -> None:
    """Neither a device that is known by other channels nor a name that others have makes a channel."""
    table = table_of([("a", "t"), ("b", "u")])
    assert [table.find(key) for key in (("a", "u"), ("b", "t"), ("c", "t"), ("a", "v"))] == [None] * 4


def test_keys_stand_still_while_the_table_grows() -> None:
    """Those that were asked for are the channels of that moment, one by one and as a stretch."""
    table = table_of([("a", "t"), ("b", "t")])
    keys = table.keys()
    table.assign(("a", "u"))
    assert (list(keys), len(keys), keys[-1], keys[:1]) == ([("a", "t"), ("b", "t")], 2, ("b", "t"), [("a", "t")])
    assert keys == [("a", "t"), ("b", "t")]
