"""Alignment: who a reading is from, whether it is in order, how long since the last."""

import pytest

from detector.domain import EventTime, Reading, Stage
from detector.readings import Readings
from detector.stream.align import LARGEST, Alignment, Placed
from tests.fleet import START, readings

S = 1_000_000


def place(alignment: Alignment, readings: list[Reading]) -> Placed:
    """Place readings."""
    return alignment.place(Readings.of(readings))


def reading(device: str = "pump", channel: str = "t", at_s: float = 0.0, value: float = 1.0) -> Reading:
    """Return one reading at seconds after the start."""
    return Reading(device, channel, EventTime(START + round(at_s * S)), value, 0)


def stages(alignment: Alignment, times_s: list[float]) -> list[Stage]:
    """Return what becomes of one channel's readings, placed one by one."""
    return [Stage(int(place(alignment, [reading(at_s=at_s)]).stage[0])) for at_s in times_s]


def gaps(placed: Placed) -> list[float]:
    """Return the gaps of the rows in order."""
    return [float(gap_s) for gap_s in placed.rows.gap_s]


def test_a_first_reading_is_in_order_without_a_gap() -> None:
    """A new channel gets a slot, and its gap is zero."""
    placed = place(Alignment(10, 10, 1000), [reading()])
    assert placed.stage.tolist() == [Stage.WARMING_UP]
    assert gaps(placed) == [0.0]
    assert (placed.new.tolist(), placed.new_slots.tolist()) == ([0], [0])


def test_the_gap_is_the_time_since_the_channels_own_last_reading() -> None:
    """Gaps are told to the microsecond, whatever other channels did in between."""
    alignment = Alignment(10, 10, 1000)
    place(alignment, [reading(channel="a"), reading(channel="b")])
    place(alignment, [reading(channel="b", at_s=5.0)])
    assert gaps(place(alignment, [reading(channel="a", at_s=7.000001), reading(channel="b", at_s=7.0)])) == [
        7.000001,
        2.0,
    ]


def test_late_and_duplicate_readings_get_no_row() -> None:
    """Readings before the last one are late, at its very time duplicate; the others stand in the rows by their index."""
    alignment = Alignment(10, 10, 1000)
    place(alignment, [reading(channel=channel, at_s=10.0) for channel in "abc"])
    batch = [
        reading(channel="a", at_s=9.0),
        reading(channel="b", at_s=11.0, value=4.0),
        reading(channel="c", at_s=10.0),
    ]
    placed = place(alignment, batch)
    assert placed.stage.tolist() == [Stage.LATE, Stage.WARMING_UP, Stage.DUPLICATE]
    assert placed.in_order.tolist() == [1]
    assert (placed.rows.values.tolist(), placed.rows.slots.tolist(), gaps(placed)) == ([4.0], [1], [1.0])


def test_a_late_reading_leaves_the_channels_time_alone() -> None:
    """After a late or duplicate reading, the next gap still counts from the last reading in order."""
    alignment = Alignment(10, 10, 1000)
    assert stages(alignment, [10.0, 3.0, 10.0]) == [Stage.WARMING_UP, Stage.LATE, Stage.DUPLICATE]
    assert gaps(place(alignment, [reading(at_s=14.0)])) == [4.0]


def test_twenty_late_readings_in_order_set_the_clock_back() -> None:
    """The twentieth late reading is in order again, with no gap, and the channel goes on from there."""
    alignment = Alignment(10, 10, 1000)
    late = [float(second) for second in range(20)]
    assert stages(alignment, [1000.0, *late]) == [Stage.WARMING_UP] + [Stage.LATE] * 19 + [Stage.WARMING_UP]
    assert gaps(place(alignment, [reading(at_s=21.0)])) == [2.0]


@pytest.mark.parametrize("break_s", [1001.0, 1000.0, 0.0], ids=["in order", "duplicate", "late out of order"])
def test_late_readings_that_are_interrupted_start_again(break_s: float) -> None:
    """One reading in order, a duplicate or a step back within the late ones ends their run."""
    alignment = Alignment(10, 10, 1000)
    stages(alignment, [1000.0, *range(1, 20), break_s])
    assert stages(alignment, [float(second) for second in range(20, 38)]) == [Stage.LATE] * 18


def test_clocks_are_set_back_channel_by_channel() -> None:
    """One channel's late readings say nothing of another's."""
    alignment = Alignment(10, 10, 1000)
    place(alignment, [reading(channel="a", at_s=1000.0), reading(channel="b", at_s=1000.0)])
    late = [place(alignment, [reading(channel="a", at_s=second)]) for second in range(20)]
    assert late[-1].stage.tolist() == [Stage.WARMING_UP]
    assert place(alignment, [reading(channel="b", at_s=21.0)]).stage.tolist() == [Stage.LATE]


def test_a_device_beyond_the_maximum_is_refused_and_a_known_one_still_served() -> None:
    """With room for two devices, the third is refused with all its channels; known devices may bring new channels."""
    alignment = Alignment(2, 10, 1000)
    placed = place(alignment, [reading(device) for device in ("a", "b", "c", "c")] + [reading("a", "u")])
    assert placed.stage.tolist() == [Stage.WARMING_UP] * 2 + [Stage.REFUSED_DEVICE] * 2 + [Stage.WARMING_UP]
    assert (len(alignment.devices), len(alignment.channels)) == (2, 3)


def test_a_channel_beyond_the_maximum_is_refused_and_leaves_no_device_behind() -> None:
    """Each device has its own room for channels."""
    alignment = Alignment(5, 1, 1000)
    placed = place(alignment, [reading("a", "t"), reading("a", "u"), reading("b", "u")])
    assert placed.stage.tolist() == [Stage.WARMING_UP, Stage.REFUSED_CHANNEL, Stage.WARMING_UP]
    assert list(alignment.channels) == [("a", "t"), ("b", "u")]


def test_channels_beyond_the_total_are_refused_and_leave_no_device_behind() -> None:
    """Beyond so many channels in all, new ones are refused, be they of a new device or a known one."""
    alignment = Alignment(5, 5, 2)
    placed = place(
        alignment, [reading("a", "t"), reading("b", "t"), reading("a", "u"), reading("c", "t"), reading("b", "t", 1.0)]
    )
    assert placed.stage.tolist()[2:4] == [Stage.REFUSED_CHANNEL] * 2
    assert (list(alignment.devices), len(alignment.channels)) == (["a", "b"], 2)


def test_siblings_and_fleet_are_counted_in_stream_order() -> None:
    """Each row counts the channels known when it came, itself included, and refused ones never."""
    alignment = Alignment(2, 2, 1000)
    batch = [reading("a", "t"), reading("a", "u"), reading("b", "t"), reading("a", "v"), reading("c", "t")]
    placed = place(alignment, batch)
    assert placed.rows.siblings.tolist() == [1, 2, 1]
    assert placed.rows.fleet.tolist() == [1, 2, 3]
    again = place(alignment, [reading("a", "t", 1.0), reading("b", "t", 1.0)])
    assert (again.rows.siblings.tolist(), again.rows.fleet.tolist()) == ([2, 1], [3, 3])


def test_each_channel_knows_its_device() -> None:
    """The block holds each channel's device slot, also beyond the first capacity."""
    alignment = Alignment(100, 2, 1000)
    place(alignment, [reading(f"d{number}", channel) for number in range(40) for channel in "tu"])
    assert alignment.block.device[:80].tolist() == [number for number in range(40) for _ in "tu"]


def test_an_empty_batch_gives_empty_rows() -> None:
    """Nothing in, nothing out, with the right types."""
    placed = place(Alignment(10, 10, 1000), [])
    assert len(placed.rows.slots) == len(placed.stage) == len(placed.in_order) == 0
    columns = placed.rows.values, placed.rows.at_us, placed.rows.gap_s
    assert [column.dtype.name for column in columns] == ["float64", "int64", "float64"]


def test_values_are_floats_even_where_a_reading_holds_an_integer() -> None:
    """A whole number does not make a column of whole numbers."""
    placed = place(Alignment(10, 10, 1000), [reading(channel="a", value=3), reading(channel="b", value=0.5)])
    assert placed.rows.values.tolist() == [3.0, 0.5]


def test_numbers_too_large_to_reckon_with_are_cut() -> None:
    """The largest float there is becomes one whose differences and ratios are finite still."""
    placed = place(Alignment(10, 10, 1000), [reading(channel="a", value=1.7e308), reading(channel="b", value=-1.7e308)])
    assert placed.rows.values.tolist() == [LARGEST, -LARGEST]


def test_a_channel_is_told_by_its_device_and_its_name() -> None:
    """Devices may share names of channels."""
    alignment = Alignment(10, 10, 1000)
    for device in ("a", "b"):
        for one in readings(device, [1.0, 2.0]):
            assert place(alignment, [one]).stage.tolist() == [Stage.WARMING_UP]
    assert len(alignment.channels) == 2
