"""What each fault does to the readings, and when."""

import numpy as np
import pytest

from detector.domain import MICROSECONDS, EventTime
from detector.lab.faults import Fault, FaultKind, schedule, strike
from detector.lab.plant import CHANNELS, SENSORS, Floats, Plant

PLANT = Plant(1, 3)
FLOW = CHANNELS.index("flow")
START, END = EventTime(1000 * MICROSECONDS), EventTime(2000 * MICROSECONDS)
CLEAN = np.tile([30.0, 1.5, 80.0, 4.0], (3, 1))
BEFORE = CLEAN + 0.5


def fault(kind: FaultKind, size: float = 4.0) -> Fault:
    """Return a fault of the second pump's flow; silence is of the whole pump."""
    return Fault("pump-02", None if kind is FaultKind.SILENCE else "flow", kind, START, END, size)


def struck(spoiler: Fault, at: float) -> Floats:
    """Return what is published `at` seconds."""
    values, _ = strike(PLANT, [spoiler], EventTime(int(at * MICROSECONDS)), CLEAN, BEFORE)
    return values


def deviation() -> float:
    """Return the clean deviation of the channel that is struck."""
    return float(PLANT.deviations[1, FLOW])


@pytest.mark.parametrize("kind", FaultKind)
@pytest.mark.parametrize("at", [999.0, 2000.0])
def test_nothing_is_spoilt_before_and_after(kind: FaultKind, at: float) -> None:
    """A fault acts from its start up to its end, not including it."""
    values, sending = strike(PLANT, [fault(kind)], EventTime(int(at * MICROSECONDS)), CLEAN, BEFORE)
    assert np.array_equal(values, CLEAN)
    assert sending.all()


@pytest.mark.parametrize("kind", FaultKind)
def test_only_its_own_channel_is_spoilt(kind: FaultKind) -> None:
    """Every other channel, of this and of every other pump, reads as before."""
    values = struck(fault(kind), 1500.0)
    values[1, FLOW] = CLEAN[1, FLOW]
    assert np.array_equal(values, CLEAN)


@pytest.mark.parametrize("kind", [FaultKind.STEP, FaultKind.SPIKE])
def test_a_step_and_a_spike_add_their_size_in_deviations(kind: FaultKind) -> None:
    """A size of 4 is four of the channel's own standard deviations, as near as the sensor tells."""
    added = struck(fault(kind), 1500.0)[1, FLOW] - CLEAN[1, FLOW]
    assert added == pytest.approx(4.0 * deviation(), abs=SENSORS[FLOW].quantum)


def test_a_drift_grows_linearly() -> None:
    """Half way through a drift half of its size is added."""
    added = struck(fault(FaultKind.DRIFT), 1500.0)[1, FLOW] - CLEAN[1, FLOW]
    assert added == pytest.approx(2.0 * deviation(), abs=SENSORS[FLOW].quantum)


def test_noise_is_as_wide_as_its_size() -> None:
    """Over many moments the added noise has about the stated deviation, and mean zero."""
    added = np.array([struck(fault(FaultKind.NOISE, 1.0), at)[1, FLOW] for at in range(1000, 2000)]) - CLEAN[1, FLOW]
    assert added.std() == pytest.approx(deviation(), rel=0.15)
    assert abs(added.mean()) < 0.15 * deviation()


def test_a_stuck_sensor_repeats_what_it_published() -> None:
    """The value of the step before comes again, whatever the plant does."""
    assert struck(fault(FaultKind.STUCK, 0.0), 1500.0)[1, FLOW] == BEFORE[1, FLOW]


def test_out_of_range_is_beyond_the_scale() -> None:
    """The reading is higher than the sensor can read."""
    assert struck(fault(FaultKind.RANGE), 1500.0)[1, FLOW] > SENSORS[FLOW].highest


def test_a_silent_device_does_not_send() -> None:
    """Silence takes the whole device off the air, and no other."""
    _, sending = strike(PLANT, [fault(FaultKind.SILENCE, 0.0)], EventTime(1500 * MICROSECONDS), CLEAN, BEFORE)
    assert sending.tolist() == [True, False, True]


def test_nothing_reads_below_its_scale() -> None:
    """A fault that would make flow negative makes it nothing."""
    assert struck(fault(FaultKind.STEP, -1000.0), 1500.0)[1, FLOW] == 0.0


def test_a_schedule_gives_each_device_one_fault_of_kinds_in_turn() -> None:
    """Fourteen devices have two faults of each of seven kinds, all within the span, in order."""
    devices = Plant(1, 14).devices
    faults = schedule(1, devices, START, EventTime(START + 10 * 3600 * MICROSECONDS), 60.0)
    assert sorted(one.device for one in faults) == sorted(devices)
    assert {kind: sum(one.kind is kind for one in faults) for kind in FaultKind} == dict.fromkeys(FaultKind, 2)
    assert [one.start for one in faults] == sorted(one.start for one in faults)
    assert all(START <= one.start < one.end <= START + 10 * 3600 * MICROSECONDS for one in faults)


def test_the_truth_log_states_a_fault_in_words() -> None:
    """A line of the truth log has names, kinds and times as people write them."""
    assert fault(FaultKind.STEP).as_json() == {
        "device": "pump-02",
        "channel": "flow",
        "kind": "step",
        "start": "1970-01-01T00:16:40Z",
        "end": "1970-01-01T00:33:20Z",
        "size": 4.0,
    }
