"""The engine as a whole: stages, the census, episodes, extreme values, new settings while running, steps of nothing."""

import numpy as np
import pytest

from detector.domain import AlertEvent, EventTime, Kind, Reading, Severity, Stage, Transition, Verdict
from detector.engine import CALIBRATED, WARM_UP
from detector.readings import Readings
from detector.report import Batch, Census, Progress
from tests.fleet import START, engine, events, merged, noise, readings, reports, settings

LIMITED = [{"name": "f", "channels": {"temperature": {"range": [0, 50], "unit": "°C"}}}]


def told(events: list[AlertEvent]) -> list[tuple[Transition, Kind]]:
    """Return what the events say turned."""
    return [(event.event, event.kind) for event in events]


def test_a_new_engine_counts_nobody() -> None:
    """Before the first reading the census is zero throughout."""
    assert engine().census() == Census(0, 0, 0, dict.fromkeys(Verdict, 0), 0.0)


def test_an_empty_batch_says_and_changes_nothing() -> None:
    """Before and after the first readings, a step of nothing is a report of nothing."""
    subject = engine()
    for _ in range(2):
        report = subject.step(Batch(Readings.of(())))
        assert (len(report.readings), report.events, len(report.stage), len(report.score)) == (0, (), 0, 0)
        list(reports(subject, readings("pump", noise(1, 5))))


def test_stages_follow_one_another() -> None:
    """A channel warms up for 16 readings, calibrates to 64, and is scored from then on."""
    stages = [int(stage) for report in reports(engine(), readings("pump", noise(1, 100))) for stage in report.stage]
    assert stages == [Stage.WARMING_UP] * WARM_UP + [Stage.CALIBRATING] * (CALIBRATED - WARM_UP) + [Stage.SCORED] * 36


def test_the_census_counts_devices_with_a_channel_still_learning() -> None:
    """Of three devices, the one that is new and the one with a new channel are learning."""
    subject = engine()
    old = merged(*(readings(device, noise(1, 100)) for device in ("a", "b")))
    new = [*readings("b", noise(2, 3), channel="pressure", start_s=1000.0), *readings("c", noise(3, 3), start_s=1000.0)]
    list(reports(subject, old + new))
    census = subject.census()
    assert (census.devices, census.channels, census.learning) == (3, 4, 2)


@pytest.mark.parametrize(
    ("count", "share", "left_days"),
    [(32, 0.125, 7.0), (CALIBRATED, 0.25, 7.0), (4 * 144, 0.625, 3.5), (8 * 144, 1.0, 0.0)],
)
def test_a_device_has_learnt_all_after_a_week(count: int, share: float, left_days: float) -> None:
    """The share is a quarter when scores begin, and all once a week of quarters of a day was counted."""
    subject = engine()
    list(reports(subject, readings("pump", noise(1, count), cadence_s=600.0)))
    assert subject.census().standing.progress() == {"pump": Progress(share, left_days * 86_400.0)}


def test_what_a_device_has_learnt_grows_back_after_a_new_channel() -> None:
    """A device is as far as the channel of it that is farthest behind; before its second reading, no time is known."""
    subject = engine()
    old = readings("pump", noise(1, 8 * 144), cadence_s=600.0)
    list(reports(subject, [*old, *readings("pump", [1.0], channel="new", start_s=8 * 86_400.0)]))
    assert subject.census().standing.progress() == {"pump": Progress(1 / 256, None)}


def test_the_census_knows_the_skill_of_scored_channels() -> None:
    """A scored channel that changes has a skill; one that stands still, and one that is not scored yet, have none."""
    subject = engine()
    old, flat, new = readings("old", noise(1, 300)), readings("flat", [20.0] * 300), readings("new", noise(2, 30))
    list(reports(subject, merged(old, flat, new)))
    assert list(subject.census().standing.skills()) == [("old", "temperature")]


def test_the_census_counts_open_episodes_by_verdict() -> None:
    """A channel out of range counts as a sensor's, a silent device as transport's, until they are over."""
    subject = engine(sensors=[{**LIMITED[0], "silent_after": "60s"}])
    talker, quiet = readings("talker", [60.0] * 40), readings("quiet", [20.0] * 2)
    list(reports(subject, merged(talker, quiet)))
    assert subject.census().episodes_open == {Verdict.PROCESS: 0, Verdict.SENSOR: 1, Verdict.TRANSPORT: 1}
    later = merged(readings("talker", [20.0] * 20, start_s=400.0), readings("quiet", [20.0] * 20, start_s=400.0))
    list(reports(subject, later))
    assert subject.census().episodes_open == dict.fromkeys(Verdict, 0)


def test_a_silent_device_is_as_critical_at_its_end_as_it_ever_was() -> None:
    """Severity only grows within an episode, also where it closes, and its id and onset stay."""
    subject = engine(sensors=[{"name": "f", "silent_after": "60s"}])
    quiet = readings("quiet", [1.0]) + readings("quiet", [1.0] * 10, start_s=900.0)
    silence = [
        event for event in events(subject, merged(readings("talker", noise(1, 100)), quiet)) if event.device == "quiet"
    ]
    assert [event.event for event in silence] == [*Transition]
    assert [event.severity for event in silence] == [Severity.WARNING, Severity.CRITICAL, Severity.CRITICAL]
    assert len({(event.id, event.onset) for event in silence}) == 1


def test_a_silent_device_whose_clock_runs_ahead_is_one_episode() -> None:
    """A device twelve minutes ahead of the stream falls silent and speaks again under one id and one onset."""
    subject = engine(sensors=[{"name": "f", "silent_after": "60s"}])
    talker = readings("talker", noise(1, 140))
    ahead = readings("ahead", [1.0, 2.0], start_s=720.0, cadence_s=500.0)
    silence = [
        event
        for event in events(subject, [talker[0], ahead[0], *talker[1:90], ahead[1], *talker[90:]])
        if event.device == "ahead"
    ]
    assert [event.event for event in silence][:2] == [Transition.OPENED, Transition.UPDATED]
    assert silence[2].event is Transition.CLOSED
    assert len({(event.id, event.onset) for event in silence[:3]}) == 1


@pytest.mark.parametrize("extreme", [1.7e308, -1.7e308, 5e-324])
def test_the_largest_and_least_numbers_never_stop_the_engine(extreme: float) -> None:
    """A channel that flips between the extremes of a float is scored with finite numbers, and so is its neighbour."""
    wild = readings("wild", [extreme, -extreme] * 100)
    for report in reports(engine(), merged(wild, readings("calm", noise(1, 200)))):
        for column in (report.expected, report.lower, report.upper, report.score, report.threshold):
            assert np.isfinite(column).all()


def test_one_impossible_number_is_forgotten() -> None:
    """After a single value of 1e308, the channel's bounds come back to its noise."""
    stream = readings("pump", [*noise(1, 200), 1e308, *noise(2, 800)])
    last = list(reports(engine(), stream))[-1]
    assert last.upper[0] - last.lower[0] < 100.0


def test_new_limits_hold_from_the_next_reading() -> None:
    """A range that is added is told at once; one that is taken away lets its episode end."""
    subject = engine()
    assert events(subject, readings("pump", [60.0] * 3)) == []
    subject.reconfigure(settings(sensors=LIMITED))
    opened = events(subject, readings("pump", [60.0], start_s=100.0))
    assert told(opened) == [(Transition.OPENED, Kind.RANGE)]
    assert opened[0].unit == "°C"
    subject.reconfigure(settings())
    assert told(events(subject, readings("pump", [60.0] * 10, start_s=200.0))) == [(Transition.CLOSED, Kind.RANGE)]


def test_a_new_budget_moves_the_threshold_and_keeps_what_was_learnt() -> None:
    """Ten times the alerts lower the threshold; the channel stays scored, with the same forecast."""
    subject, other = engine(budget="1 per device per month"), engine(budget="1 per device per month")
    stream = readings("pump", noise(1, 200))
    for one in (subject, other):
        list(reports(one, stream[:199]))
    subject.reconfigure(settings(budget="10 per device per month"))
    (after,), (before,) = (list(reports(one, stream[199:])) for one in (subject, other))
    assert after.stage.tolist() == [Stage.SCORED]
    assert before.threshold[0] - after.threshold[0] > 0.9
    assert (after.expected[0], after.lower[0]) == (before.expected[0], before.lower[0])


def test_a_new_limit_of_silence_holds_for_known_devices() -> None:
    """A device without a habit is silent once the operator says how long is too long."""
    subject = engine()
    stream = merged(readings("talker", noise(1, 60)), readings("quiet", [1.0]))
    assert events(subject, stream[:31]) == []
    subject.reconfigure(settings(sensors=[{"name": "fleet", "silent_after": "2m"}]))
    told_later = events(subject, stream[31:])
    assert (told_later[0].event, told_later[0].device, told_later[0].kind) == (Transition.OPENED, "quiet", Kind.SILENT)
    assert {event.device for event in told_later} == {"quiet"}


def test_a_channel_follows_its_entry_by_name_when_entries_move() -> None:
    """Entries that change places keep their channels; a channel whose entry is gone takes the first one."""
    narrow, wide = (
        {"name": name, "channels": {"temperature": {"range": ends}}}
        for name, ends in (("narrow", [0, 1]), ("wide", [0, 90]))
    )
    subject = engine(sensors=[narrow, wide])
    pump = [Reading("pump", "temperature", EventTime(START + step * 1_000_000), 60.0, 1) for step in range(3)]
    assert events(subject, pump[:1]) == []
    subject.reconfigure(settings(sensors=[wide, narrow]))
    assert events(subject, pump[1:2]) == []
    subject.reconfigure(settings(sensors=[narrow]))
    assert told(events(subject, pump[2:])) == [(Transition.OPENED, Kind.RANGE)]
