"""Scenarios: a script of readings goes in, a list of alerts comes out, one for each way of being strange."""

from detector.domain import AlertEvent, EventTime, Kind, Reading, Severity, Transition, Verdict
from tests.fleet import START, engine, events, merged, noise, readings, reports

BUDGET = "1 per device per week"
CALM = 600
"""Readings of normal life before a fault."""


def opened(told: list[AlertEvent]) -> list[AlertEvent]:
    """Return the events that open an episode."""
    return [event for event in told if event.event is Transition.OPENED]


def moment(step: float, cadence_s: float = 10.0) -> EventTime:
    """Return the event time of a step of `readings`."""
    return EventTime(START + round(step * cadence_s * 1e6))


def test_a_jump_is_told_at_once_as_a_process_alert_with_its_numbers() -> None:
    """A value ten deviations away opens one residual episode at that very reading."""
    values = [*noise(1, CALM), 28.0, *noise(2, 100)]
    told = events(
        engine(budget=BUDGET, sensors=[{"name": "f", "channels": {"temperature": {"unit": "°C"}}}]),
        readings("pump", values),
    )
    first = opened(told)[0]
    assert (first.at, first.device, first.channel, first.verdict) == (
        moment(CALM),
        "pump",
        "temperature",
        Verdict.PROCESS,
    )
    assert first.value == 28.0
    assert first.lower is not None
    assert first.upper is not None
    assert first.score is not None
    assert first.upper < 28.0
    assert first.score >= 1.0
    assert "pump temperature" in first.summary
    assert "28 °C" in first.summary


def test_a_jump_that_passes_closes_its_episode_under_the_same_id() -> None:
    """After the value is back, the episode closes, and the close names the same episode."""
    told = events(engine(budget=BUDGET), readings("pump", [*noise(1, CALM), 28.0, *noise(2, 200)]))
    ids = {event.id for event in opened(told)}
    assert {event.id for event in told if event.event is Transition.CLOSED} == ids


def test_a_lasting_step_opens_one_episode_not_one_a_reading() -> None:
    """A step that stays for a hundred readings is one alert."""
    told = events(engine(budget=BUDGET), readings("pump", noise(1, CALM) + noise(2, 100, level=25.0)))
    assert len(opened(told)) == 1


def test_noise_that_grows_is_a_sensor_alert() -> None:
    """A channel that becomes four times as noisy is told as restless or as a residual within forty readings."""
    told = events(engine(budget=BUDGET), readings("pump", noise(1, CALM) + noise(2, 60, size=2.0)))
    assert any(moment(CALM) <= event.at <= moment(CALM + 40) for event in opened(told))


def test_a_stuck_sensor_is_told_with_the_moment_it_froze() -> None:
    """A channel that never repeats itself and then shows one value for good is stuck since it froze."""
    values = noise(1, CALM)
    told = opened(events(engine(budget=BUDGET), readings("pump", values + [values[-1]] * 100)))
    stuck = [event for event in told if event.kind is Kind.STUCK]
    assert [(event.verdict, event.onset) for event in stuck] == [(Verdict.SENSOR, moment(CALM - 1))]
    assert stuck[0].at < moment(CALM + 60)


def test_a_change_only_channel_is_not_called_stuck() -> None:
    """A channel whose habit is to repeat itself thirty times may repeat itself forty times."""
    values = [value for value in noise(1, 60) for _ in range(30)]
    told = events(engine(budget=BUDGET), readings("meter", values + [values[-1]] * 10))
    assert not [event for event in told if event.kind is Kind.STUCK]


def test_a_value_out_of_the_stated_range_is_told_before_anything_is_learnt() -> None:
    """The operator's limits hold from the first reading, and far outside is critical."""
    limits = [{"name": "f", "channels": {"temperature": {"range": [0, 50], "unit": "°C"}}}]
    told = events(engine(sensors=limits), readings("pump", [20.0, 51.0, 20.0, 120.0]))
    assert [(event.event, event.kind, event.severity) for event in told] == [
        (Transition.OPENED, Kind.RANGE, Severity.WARNING),
        (Transition.UPDATED, Kind.RANGE, Severity.CRITICAL),
    ]
    assert told[0].summary == "pump temperature is 51 °C, outside its limits of 0 to 50 °C."


def test_a_device_that_falls_silent_is_told_while_others_speak() -> None:
    """Silence beyond a device's own habit is a transport alert, and it closes when the device speaks again."""
    talker = readings("talker", noise(1, 400))
    quiet = readings("quiet", noise(2, 150)) + readings("quiet", noise(3, 20), start_s=3500.0)
    told = events(engine(budget=BUDGET), merged(talker, quiet))
    silent = [event for event in told if event.kind is Kind.SILENT]
    assert [
        (event.event, event.device, event.channel, event.verdict)
        for event in silent
        if event.event is not Transition.UPDATED
    ] == [
        (Transition.OPENED, "quiet", None, Verdict.TRANSPORT),
        (Transition.CLOSED, "quiet", None, Verdict.TRANSPORT),
    ]
    assert silent[0].onset == moment(149)
    assert moment(150) < silent[0].at < moment(175)


def test_a_gap_of_the_whole_stream_is_nobodys_silence() -> None:
    """When everything pauses for a day, as at the end of one recording and the start of the next, no device is silent."""
    fleet = merged(*(readings(f"d{seed}", noise(seed, 200)) for seed in range(3)))
    later = merged(*(readings(f"d{seed}", noise(seed + 9, 50), start_s=90_000.0) for seed in range(3)))
    assert not [event for event in events(engine(budget=BUDGET), fleet + later) if event.kind is Kind.SILENT]


def test_one_wild_clock_silences_nobody() -> None:
    """A device whose clock runs twenty hours ahead moves neither the stream clock nor the others' verdicts."""
    fleet = merged(*(readings(f"d{seed}", noise(seed, 200)) for seed in range(3)))
    wild = readings("wild", noise(9, 200), start_s=72_000.0)
    mixed = [reading for pair in zip(fleet, wild * 3, strict=True) for reading in pair]
    told = events(engine(budget=BUDGET), mixed)
    assert {event.device for event in told if event.kind is Kind.SILENT} <= {"wild"}


def test_a_clock_that_was_set_back_is_followed_after_a_while() -> None:
    """Twenty late readings in order mean that the clock was set back: the device is scored again."""
    stream = readings("pump", noise(1, 100)) + readings("pump", noise(2, 100), start_s=-7200.0)
    stages = [int(stage) for report in reports(engine(), stream) for stage in report.stage]
    assert stages[100:119] == [3] * 19
    assert stages[119:] == [2] * 81


def test_what_the_operator_calls_small_never_alerts() -> None:
    """A jump below `min_deviation`, or on the side that does not matter, is scored below the threshold."""
    values = [*noise(1, CALM), 24.0, *noise(2, 50)]
    for word in ({"min_deviation": 10}, {"direction": "below"}):
        sensors = [{"name": "f", "channels": {"temperature": word}}]
        told = opened(events(engine(budget=BUDGET, sensors=sensors), readings("pump", values)))
        assert not [event for event in told if event.at == moment(CALM)]


def test_constant_channels_of_any_size_never_alert() -> None:
    """Zero, tiny and huge constants are not anomalies of their own making."""
    for value in (0.0, 1e-12, -3.5, 1e12):
        assert events(engine(budget=BUDGET), readings("meter", [value] * 500)) == []


def test_a_two_valued_channel_in_its_rhythm_is_left_alone_most_of_the_time() -> None:
    """A switch that flips every ten readings does not alert more than once after it is known."""
    values = [float(step // 10 % 2) for step in range(3000)]
    told = opened(events(engine(budget=BUDGET), readings("door", values)))
    assert len([event for event in told if event.at > moment(1000)]) <= 1


def test_a_restart_of_the_same_readings_gives_the_same_alert_ids() -> None:
    """Ids are derived, so a second run over the same readings tells the same episodes."""
    stream: list[Reading] = readings("pump", [*noise(1, CALM), 28.0, *noise(2, 100)])
    assert events(engine(budget=BUDGET), stream) == events(engine(budget=BUDGET), stream)
