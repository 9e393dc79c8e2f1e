"""What comes late after an outage: scored in order, told as past, and never taken for a clock that was set back."""

from detector.domain import AlertEvent, Reading, Severity, Stage, Transition
from tests.fleet import START, engine, events, merged, readings, reports

S = 1_000_000
CHANNEL = {"channels": {"level": {"range": [0, 100]}}}
OUTAGE_S = 4 * 3600.0
"""From second 100 on pump b is cut off; what it stored comes in one go, while pump a goes on."""


def level(device: str, values: list[float], start_s: float = 0.0) -> list[Reading]:
    """Return ten seconds after ten seconds of a level."""
    return readings(device, values, channel="level", start_s=start_s)


def outage(stored: list[float], after: list[float]) -> list[Reading]:
    """Return a stream in which pump b sends `stored` when its link is back, from second 100 on, and `after` from then on."""
    other = level("a", [50.0] * 2000)
    until = next(place for place, one in enumerate(other) if one.at >= START + (100 + OUTAGE_S) * S)
    back = level("b", stored, 100.0)
    rest = merged(other[until:], level("b", after, 100.0 + 10.0 * len(stored)))
    return [*merged(other[:until], level("b", [50.0] * 10)), *back, *rest]


def told(stream: list[Reading], max_batch: int = 4096) -> list[AlertEvent]:
    """Return what is said of pump b's level."""
    subject = engine(sensors=[{"name": "pumps", **CHANNEL}])
    return [
        event
        for event in events(subject, stream, max_batch=max_batch)
        if event.channel is not None and event.device == "b"
    ]


def test_what_was_odd_hours_ago_is_for_information_and_says_when() -> None:
    """Far out of range for a while during the outage: opened and closed as `info`, hours ago; nothing is told as if it were now."""
    found = told(outage([50.0] * 50 + [300.0] * 10 + [50.0] * 1380, [50.0] * 20))
    assert [(event.event, event.severity) for event in found] == [
        (Transition.OPENED, Severity.INFO),
        (Transition.CLOSED, Severity.INFO),
    ]
    assert found[0].summary == "3 h 52 min ago: b level is 300, outside its limits of 0 to 100."
    assert found[0].at == START + 600 * S


def test_what_is_odd_still_becomes_an_alert_with_the_first_reading_of_now() -> None:
    """Out of range since hours ago and still: `info` while stored readings come in, and critical once the device is back in the present."""
    found = told(outage([50.0] * 50 + [300.0] * 1390, [300.0] * 5))
    assert [(event.event, event.severity) for event in found] == [
        (Transition.OPENED, Severity.INFO),
        (Transition.UPDATED, Severity.CRITICAL),
    ]
    assert " ago: " not in found[1].summary
    assert START + (OUTAGE_S - 600) * S <= found[1].at <= START + (100 + OUTAGE_S) * S


def test_it_is_told_alike_however_the_stream_is_cut() -> None:
    """What is behind is so by the order of the stream, not by its batches."""
    stream = outage([50.0] * 50 + [300.0] * 1390, [300.0] * 5)
    assert told(stream, max_batch=1) == told(stream)


def test_a_device_whose_clock_is_wrong_is_live() -> None:
    """An hour behind the others at each reading, its alerts are those of any other device."""
    late = level("b", [50.0] * 100 + [300.0] * 10, -3600.0)
    pairs = zip(level("a", [50.0] * 110), late, strict=True)
    (opened,) = told([one for pair in pairs for one in pair])
    assert (opened.severity, " ago: " in opened.summary) == (Severity.CRITICAL, False)


def test_stored_readings_behind_live_ones_are_late_and_no_clock_is_set_back() -> None:
    """A device that sends what is new first, and then hours that it stored: these are late, all of them, and it goes on from the new."""
    stream = [*level("b", [50.0] * 10), *level("b", [50.0], 5000.0), *level("b", [50.0] * 400, 200.0)]
    stream += level("b", [50.0] * 3, 5010.0)
    stages = [int(stage) for report in reports(engine(), stream) for stage in report.stage]
    assert stages[11:-3] == [Stage.LATE] * 400
    assert Stage.LATE not in stages[-3:]


def test_a_clock_that_was_set_back_is_followed_still() -> None:
    """Set back into an outage that is long over, a device is followed after twenty readings."""
    stream = [*level("b", [50.0] * 10), *level("b", [50.0] * 500, 2000.0), *level("b", [50.0] * 30, 1000.0)]
    stages = [int(stage) for report in reports(engine(), stream) for stage in report.stage]
    assert stages[-30:].count(Stage.LATE) == 19


def test_a_clock_that_was_set_forward_is_followed_at_once() -> None:
    """A jump of two hours ahead is a gap: the channel goes on from there, and its readings are in order."""
    stream = [*level("b", [50.0] * 100), *level("b", [50.0] * 30, 1000.0 + 7200.0)]
    stages = [int(stage) for report in reports(engine(), stream) for stage in report.stage]
    assert not {int(Stage.LATE), int(Stage.DUPLICATE)} & set(stages)
