"""What each injected fault does to a recorded stream, where it goes, and what it leaves alone."""

import math

import numpy as np
import pytest

from detector.domain import HOUR, MICROSECONDS, EventTime, Reading
from detector.lab.evaluate.fault import HOURS, PROTOCOL_KINDS, Fault, Injected
from detector.lab.evaluate.injection import EARLIEST, LATEST, draw_faults, inject
from detector.lab.evaluate.streams import streams_of
from tests.fleet import START, merged, noise, readings

CADENCE_S = 300.0
SITE = merged(
    *(readings(f"d{seed}", noise(seed, 1500), cadence_s=CADENCE_S) for seed in range(7)),
    readings("d0", noise(9, 1500), channel="light", cadence_s=CADENCE_S),
)
STREAMS = streams_of(SITE, "temperature")
BEGIN = EventTime(START + 800 * 300 * MICROSECONDS)
"""The 801st reading of each device."""


def fault(kind: Injected, sign: float = 1.0) -> Fault:
    """Return a fault of d0's temperature."""
    return Fault("d0", "temperature", kind, BEGIN, EventTime(BEGIN + int(HOURS[kind] * HOUR)), sign, (1, 2, 3))


def values(stream: list[Reading], channel: str = "temperature") -> dict[int, float]:
    """Return d0's values by event time."""
    return {reading.at: reading.value for reading in stream if (reading.device, reading.channel) == ("d0", channel)}


def change(kind: Injected, sign: float = 1.0) -> list[float]:
    """Return what a fault adds to the readings from its start to its end, in order."""
    one, clean = fault(kind, sign), values(SITE)
    struck = values(inject(SITE, STREAMS, [one]))
    return [struck[at] - clean[at] for at in sorted(struck) if one.start <= at < max(one.end, one.start + 1)]


@pytest.mark.parametrize("kind", Injected)
def test_only_the_fault_is_changed(kind: Injected) -> None:
    """Before, after, and on every other channel and device, all readings are as recorded, in the same order."""
    one = fault(kind)
    until = max(one.end, one.start + 1)

    def others(stream: list[Reading]) -> list[Reading]:
        """Return the readings that the fault is not about; a dropout is about the whole device."""
        whole = kind is Injected.DROPOUT
        return [
            reading
            for reading in stream
            if reading.device != "d0"
            or (reading.channel != "temperature" and not whole)
            or not one.start <= reading.at < until
        ]

    struck = inject(SITE, STREAMS, [one])
    assert others(struck) == others(SITE)
    assert struck != SITE


@pytest.mark.parametrize(("kind", "size"), [(Injected.STEP, 1.0), (Injected.SMALL_STEP, 0.3)])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_step_is_a_share_of_the_clean_deviation_for_four_hours(kind: Injected, size: float, sign: float) -> None:
    """Forty-eight readings of five minutes move by the stated share of the stream's standard deviation."""
    added = change(kind, sign)
    assert len(added) == 48
    assert added == pytest.approx([sign * size * float(np.std(list(values(SITE).values())))] * 48)


def test_a_drift_grows_linearly_to_one_deviation_in_twelve_hours() -> None:
    """It adds nothing at its start and a 144th of a deviation more with each of its 144 readings."""
    added = change(Injected.DRIFT)
    assert added == pytest.approx([STREAMS["d0"].deviation * step / 144 for step in range(144)])


def test_noise_is_three_median_steps_wide_for_two_hours() -> None:
    """Its deviation over many seeds is three median steps, and it lasts twenty-four readings."""
    clean, drawn = values(SITE), []
    for seed in range(40):
        one = Fault("d0", "temperature", Injected.NOISE, BEGIN, EventTime(BEGIN + 2 * HOUR), 1.0, (seed,))
        struck = values(inject(SITE, STREAMS, [one]))
        drawn += [struck[at] - clean[at] for at in clean if struck[at] != clean[at]]
    assert len(drawn) == 40 * 24
    assert np.std(drawn) == pytest.approx(3.0 * STREAMS["d0"].median_step, rel=0.1)


def test_a_spike_is_one_reading_of_eight_median_steps() -> None:
    """One reading moves by eight median steps."""
    assert change(Injected.SPIKE, -1.0) == pytest.approx([-8.0 * STREAMS["d0"].median_step])


def test_stuck_repeats_the_value_before() -> None:
    """Every value for four hours is that of the reading before the fault."""
    clean, struck = values(SITE), values(inject(SITE, STREAMS, [fault(Injected.STUCK)]))
    before = clean[BEGIN - 300 * MICROSECONDS]
    assert [struck[at] for at in sorted(struck) if BEGIN <= at < BEGIN + 4 * HOUR] == [before] * 48


def test_a_dropout_takes_the_whole_device_off_the_air() -> None:
    """No channel of the device has a reading for four hours."""
    struck = inject(SITE, STREAMS, [fault(Injected.DROPOUT)])
    assert len(struck) == len(SITE) - 2 * 48
    assert not [one for one in struck if one.device == "d0" and BEGIN <= one.at < BEGIN + 4 * HOUR]


def test_clipping_shows_nothing_beyond_the_median() -> None:
    """Clipped above, no value is over the clean median and the others are as they were."""
    clean, median = values(SITE), float(np.median(list(values(SITE).values())))
    struck = values(inject(SITE, STREAMS, [fault(Injected.CLIPPING)]))
    assert all(
        struck[at] == min(clean[at], median) for at in clean if BEGIN <= at < BEGIN + HOURS[Injected.CLIPPING] * HOUR
    )


def test_gain_stretches_the_distance_from_the_mean() -> None:
    """Half as far again from the mean, or half as near."""
    clean = values(SITE)
    away = np.array([clean[at] for at in sorted(clean) if BEGIN <= at < BEGIN + 12 * HOUR]) - np.mean([*clean.values()])
    assert change(Injected.GAIN, 1.0) == pytest.approx(0.5 * away)
    assert change(Injected.GAIN, -1.0) == pytest.approx(-0.5 * away)


def test_a_break_shows_the_day_before() -> None:
    """Each value is that of twenty-four hours earlier."""
    clean, struck = values(SITE), values(inject(SITE, STREAMS, [fault(Injected.BREAK)]))
    assert all(struck[at] == clean[at - 24 * HOUR] for at in clean if BEGIN <= at < BEGIN + 12 * HOUR)


def test_the_median_step_is_computed_by_hand() -> None:
    """Differences 1, 1, 4, 1, 3 deviate by 0, 0, 3, 0, 2: the floor. Differences 1 to 5 deviate by 2, 1, 0, 1, 2: 1.4826."""
    ramp = streams_of(readings("d", [0, 1, 2, 6, 7, 10]), "temperature")["d"]
    assert ramp.median_step == 0.03
    zigzag = streams_of(readings("d", [0, 1, 3, 6, 10, 15]), "temperature")["d"]
    assert zigzag.median_step == pytest.approx(1.4826)
    assert zigzag.deviation == pytest.approx(math.sqrt(371 / 6 - (35 / 6) ** 2))


def test_a_round_gives_each_device_one_fault_and_six_rounds_each_kind() -> None:
    """Kinds go in turn over devices and rounds, at places of their own."""
    rounds = [draw_faults(1, turn, STREAMS, "temperature", PROTOCOL_KINDS) for turn in range(6)]
    assert all([one.device for one in faults] == sorted(STREAMS) for faults in rounds)
    for row in range(len(STREAMS)):
        assert {faults[row].kind for faults in rounds} == set(PROTOCOL_KINDS)
    assert len({one.start for faults in rounds for one in faults}) > 35


def test_faults_start_at_readings_within_the_stated_part() -> None:
    """No fault starts before 45 % or after 93 % of its device's readings."""
    low, high = START + EARLIEST * 1499 * 3e8, START + LATEST * 1500 * 3e8
    faults = [one for turn in range(50) for one in draw_faults(3, turn, STREAMS, "temperature", PROTOCOL_KINDS)]
    assert all(low <= one.start <= high for one in faults)
    assert all(one.start in STREAMS[one.device].at_us for one in faults)


def test_the_seed_decides() -> None:
    """The same seed gives the same faults and readings, another seed others."""
    first, again, other = (draw_faults(seed, 0, STREAMS, "temperature", PROTOCOL_KINDS) for seed in (1, 1, 2))
    assert first == again != other
    assert inject(SITE, STREAMS, first) == inject(SITE, STREAMS, again)
