"""Readings to series."""

from detector.domain import EventTime, Reading, Rejected, RejectReason
from detector.forecast.series import collect_series


def reading(device: str, channel: str, second: int, value: float) -> Reading:
    """Return a reading of the first sensors entry."""
    return Reading(device, channel, EventTime(second * 1_000_000), value, 0)


def test_readings_are_sorted_into_channels_and_by_time() -> None:
    """Every device and channel gets a series of its own, in order of time, whatever order readings came in."""
    series = collect_series([reading("b", "x", 2, 2.0), reading("a", "x", 1, 9.0), reading("b", "x", 1, 1.0)])
    assert [(one.device, one.values.tolist()) for one in series] == [("a", [9.0]), ("b", [1.0, 2.0])]


def test_of_two_readings_at_one_moment_the_first_stays() -> None:
    """A duplicate does not overwrite what was read first."""
    (series,) = collect_series([reading("a", "x", 1, 1.0), reading("a", "x", 1, 7.0)])
    assert series.values.tolist() == [1.0]


def test_rejected_values_are_passed_over() -> None:
    """What gave no reading gives no series."""
    assert collect_series([Rejected(RejectReason.NULL, "row 3")]) == []
