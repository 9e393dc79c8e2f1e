"""The stream clock: ticks by the readings themselves."""

import pytest

from detector.domain import MICROSECONDS, EventTime
from detector.stream.stream_clock import ALONE, AWAKE_TICKS, GRACE_S, LEAP, TICK, TICK_S, StreamClock

Heard = tuple[str, float]
"""A device, and when."""


def moment(seconds: float) -> EventTime:
    """Return seconds after a whole tick."""
    return EventTime(1_000_000 * TICK + round(seconds * MICROSECONDS))


def heard(clock: StreamClock, *seconds: float) -> list[float]:
    """Return the ticks of these moments of one device, in seconds."""
    return heard_of(clock, *(("pump", one) for one in seconds))


def heard_of(clock: StreamClock, *readings: Heard) -> list[float]:
    """Return the ticks of readings of several devices, in seconds."""
    return [(tick - moment(0.0)) / MICROSECONDS for device, one in readings for tick in clock.hear(moment(one), device)]


def waited(clock: StreamClock, quiet_s: float) -> list[float]:
    """Return the ticks of a quiet stretch, in seconds."""
    return [(tick - moment(0.0)) / MICROSECONDS for tick in clock.wait(quiet_s)]


def test_the_first_reading_only_sets_the_clock() -> None:
    """Nothing was awake before the first reading, so nothing ticks."""
    assert heard(StreamClock(), 29.0) == []


def test_ticks_stand_for_equal_stretches() -> None:
    """Readings every seven seconds tick at every whole half minute, each once."""
    assert heard(StreamClock(), *range(0, 200, 7)) == [30.0, 60.0, 90.0, 120.0, 150.0, 180.0]


def test_a_tick_falls_before_the_reading_at_its_very_moment() -> None:
    """A reading at half a minute brings the tick of half a minute."""
    assert heard(StreamClock(), 0.0, TICK_S) == [TICK_S]


def test_readings_that_are_late_move_nothing() -> None:
    """The clock is the largest time heard; what comes after it from before ticks nothing."""
    assert heard(StreamClock(), 0.0, 65.0, 20.0, 64.0, 89.0) == [30.0, 60.0]


def test_a_pause_of_the_whole_stream_is_good_for_two_ticks() -> None:
    """Five minutes without any reading tick twice: the rest was the link's or the recording's."""
    assert heard(StreamClock(), 0.0, 300.0, 331.0) == [30.0, 60.0, 330.0]
    assert AWAKE_TICKS == 2


def test_a_leap_needs_a_second_moment_to_confirm_it() -> None:
    """One reading far ahead ticks nothing; the next moment there moves the clock."""
    assert heard(StreamClock(), 0.0, 5000.0) == []
    assert heard(StreamClock(), 0.0, 5000.0, 5001.0) == [30.0, 60.0]


def test_the_channels_of_one_payload_do_not_confirm_each_other() -> None:
    """A device with a wild clock and three channels sends one moment three times: still one wild clock."""
    clock = StreamClock()
    assert heard(clock, 0.0, 5000.0, 5000.0, 5000.0) == []
    assert heard(clock, 31.0) == [30.0]


def test_an_ordinary_reading_forgets_an_unconfirmed_leap() -> None:
    """A wild clock among ordinary ones never moves the time."""
    assert heard(StreamClock(), 0.0, 5000.0, 10.0, 5001.0, 20.0, 5002.0, 31.0) == [30.0]


def test_a_leap_is_confirmed_by_a_reading_a_little_before_it() -> None:
    """Readings that overtook each other by minutes confirm each other; a second leap elsewhere does not."""
    assert heard(StreamClock(), 0.0, 5000.0, 4900.0) == [30.0, 60.0]
    assert heard(StreamClock(), 0.0, 9000.0, 5000.0) == []


def test_a_leap_of_one_device_among_others_is_confirmed_by_another() -> None:
    """The same device's next moments prove nothing where others were heard lately; another device's does."""
    clock = StreamClock()
    assert heard_of(clock, ("fan", 0.0), ("pump", 5000.0), ("pump", 5001.0), ("pump", 5002.0)) == []
    assert heard_of(clock, ("fan", 5003.0)) == [30.0, 60.0]
    assert clock.now == moment(5003.0)


def test_the_clock_goes_as_far_as_two_devices_have_been() -> None:
    """Of two that leap differently the lesser is believed, whichever comes first, and the rest of the way has to be confirmed."""
    early, late = StreamClock(), StreamClock()
    heard_of(early, ("fan", 0.0), ("pump", 3600.0), ("meter", 86_000.0))
    heard_of(late, ("fan", 0.0), ("meter", 86_000.0), ("pump", 3600.0))
    assert early.now == late.now == moment(3600.0)
    heard_of(early, ("fan", 86_010.0))
    assert early.now == moment(86_010.0)


def test_who_remains_alone_for_an_hour_is_believed() -> None:
    """After an outage that one of two devices survived, the stream goes on with that one an hour later, not before."""
    clock = StreamClock()
    heard_of(clock, ("fan", 0.0), ("pump", 1.0))
    after = [86_000.0 + 30.0 * step for step in range(int(ALONE / TICK))]
    pause_s = LEAP / MICROSECONDS
    assert heard(clock, *(at for at in after if at < after[0] + 3600.0 - pause_s)) == []
    assert heard(clock, *after)[:2] == [30.0, 60.0]
    assert clock.now == moment(after[-1])


def test_a_pause_is_no_hour_alone() -> None:
    """Two wild moments hours apart with nobody in between are no more than two pauses."""
    clock = StreamClock()
    assert heard_of(clock, ("fan", 0.0), ("pump", 20_000.0), ("pump", 40_000.0)) == []


def test_ten_minutes_ahead_is_no_leap() -> None:
    """Exactly the leap's length still moves the clock at once."""
    assert heard(StreamClock(), 0.0, LEAP / MICROSECONDS) == [30.0, 60.0]


def test_waiting_before_any_reading_ticks_nothing() -> None:
    """Without a time there is no time to go on from."""
    assert waited(StreamClock(), 1e6) == []


@pytest.mark.parametrize(("quiet_s", "ticks"), [(TICK_S, []), (TICK_S + GRACE_S, [30.0]), (100.0, [30.0, 60.0, 90.0])])
def test_a_quiet_link_ticks_in_real_time_after_a_grace(quiet_s: float, ticks: list[float]) -> None:
    """Idle ticks fall due five seconds after their moment, and none is skipped."""
    clock = StreamClock()
    heard(clock, 0.0)
    assert waited(clock, quiet_s) == ticks


def test_idle_ticks_are_not_ticked_again() -> None:
    """What waiting ticked, neither waiting on nor the next reading ticks again."""
    clock = StreamClock()
    heard(clock, 0.0)
    assert waited(clock, 70.0) == [30.0, 60.0]
    assert waited(clock, 70.0) == []
    assert heard(clock, 95.0) == [90.0]


def test_a_short_grace_never_takes_a_tick_back() -> None:
    """Quiet of no time at all right after a reading is nothing."""
    clock = StreamClock()
    heard(clock, 31.0)
    assert waited(clock, 0.0) == []
    assert heard(clock, 61.0) == [60.0]
