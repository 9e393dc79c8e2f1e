"""Clocks as they are set in the field: an hour back in autumn, a second twice, a fleet that is set right."""

from detector.domain import EventTime, Reading, Stage, Verdict
from detector.stream.timestamp import parse_iso8601
from tests.fleet import START, engine, events, readings, reports

HOUR_S = 3600.0


def autumn(device: str) -> list[Reading]:
    """Return two hours of a device that stamps local time without a zone: at the end of the first, its clock goes an hour back."""
    return [*readings(device, [20.0] * 360), *readings(device, [20.0] * 720)]


def as_they_come(*streams: list[Reading]) -> list[Reading]:
    """Return streams of one cadence in the order of arrival, whatever their clocks say."""
    return [one for moment in zip(*streams, strict=True) for one in moment]


def test_a_fleet_that_goes_back_an_hour_loses_minutes_and_alarms_nobody() -> None:
    """Each device is followed after its twentieth reading; that the time of the stream stands still is no silence."""
    stream = as_they_come(autumn("a"), autumn("b"), autumn("c"))
    stages = [int(stage) for report in reports(engine(), stream) for stage in report.stage]
    # The hour that is repeated begins with the time of the very first reading, which is late as well.
    assert stages.count(Stage.LATE) + stages.count(Stage.DUPLICATE) == 3 * 19
    assert [event for event in events(engine(), stream) if event.verdict is Verdict.TRANSPORT] == []


def test_local_time_with_its_offset_does_not_go_back() -> None:
    """Ten seconds before the change and at the change are ten seconds apart, though the clocks on the wall say otherwise."""
    before, after = parse_iso8601("2026-10-25T02:59:50+02:00"), parse_iso8601("2026-10-25T02:00:00+01:00")
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert after - before == 10_000_000


def test_a_leap_second_is_a_duplicate_and_no_more() -> None:
    """A second that a clock counts twice gives one reading that is not scored; the channel goes on as if nothing had been."""
    (one,) = readings("a", [20.0])
    moments = [START + second * 1_000_000 for second in (0, 1, 2, 2, 3, 4)]
    stream = [one._replace(at=EventTime(moment)) for moment in moments]
    stages = [int(stage) for report in reports(engine(), stream) for stage in report.stage]
    assert stages.count(Stage.DUPLICATE) == 1
    assert Stage.LATE not in stages


def test_one_device_that_is_set_right_moves_nobody_else() -> None:
    """A clock that ran an hour ahead and is set back: its own readings are late for a while, those of others never."""
    ahead = [*readings("a", [20.0] * 100, start_s=HOUR_S), *readings("a", [20.0] * 100, start_s=1000.0)]
    stream = as_they_come(ahead, readings("b", [20.0] * 200))
    late = [
        reading.device
        for report in reports(engine(), stream)
        for reading, stage in zip(report.readings, report.stage, strict=True)
        if stage == Stage.LATE
    ]
    assert late == ["a"] * 19
