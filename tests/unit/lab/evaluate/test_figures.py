"""What counts as found, how sure a recall is, and how alerts on clean streams are counted."""

import pytest

from detector.domain import MICROSECONDS, EventTime
from detector.lab.evaluate.fault import Fault, Injected
from detector.lab.evaluate.figures import clean_rates, first_alert, recalls
from detector.lab.evaluate.streams import streams_of
from detector.lab.tally import Opened
from detector.settings import Budget
from tests.fleet import START, merged, readings

WEEKLY = Budget.parse("1 per device per week")


def moment(seconds: float) -> EventTime:
    """Return an event time."""
    return EventTime(START + round(seconds * MICROSECONDS))


def fault(kind: Injected = Injected.STEP, device: str = "d0") -> Fault:
    """Return a fault from second 1000 to second 2000."""
    return Fault(device, "temperature", kind, moment(1000), moment(2000), 1.0, (1,))


def alert(seconds: float, device: str = "d0", kind: str = "residual") -> Opened:
    """Return an alert that opened."""
    verdict = "transport" if kind == "silent" else "process"
    return Opened(moment(seconds), device, "temperature", verdict, kind, "info", "")


@pytest.mark.parametrize(
    ("seconds", "found"), [(999.0, False), (1000.0, True), (2000.0, True), (2900.0, True), (2900.5, False)]
)
def test_a_fault_is_found_from_its_start_to_fifteen_minutes_after_its_end(seconds: float, found: bool) -> None:
    """The first and the last moment count."""
    assert (first_alert(fault(), [alert(seconds)]) is not None) is found


def test_a_drift_is_found_before_it_ends() -> None:
    """The jump at its end tells nothing of a drift."""
    assert first_alert(fault(Injected.DRIFT), [alert(2000.0)]) is not None
    assert first_alert(fault(Injected.DRIFT), [alert(2000.5)]) is None


def test_another_devices_alert_finds_nothing() -> None:
    """An alert tells of a fault of its own device alone."""
    assert first_alert(fault(), [alert(1500.0, "d1")]) is None


def test_recall_delay_and_chance_are_counted_by_kind() -> None:
    """Of two steps one is found after 300 s; the clean stream would have opened an alert in the time of the other."""
    rounds = [((fault(), fault(device="d1")), (alert(1700.0), alert(1300.0))), ((fault(Injected.DRIFT),), ())]
    step, drift = recalls([Injected.STEP, Injected.DRIFT], rounds, [alert(1100.0, "d1"), alert(5000.0)])
    assert (step.faults, step.found, step.by_chance, step.ratio, step.median_delay_s) == (2, 1, 1, 0.5, 300.0)
    assert (drift.faults, drift.found, drift.ratio, drift.median_delay_s) == (1, 0, 0.0, None)


def test_clean_alerts_are_counted_over_the_whole_and_the_second_half() -> None:
    """Two devices of one week: three budgeted alerts are 1.5 a device-week; silence is told but not budgeted."""
    site = merged(*(readings(name, [1.0] * 169, cadence_s=3600.0) for name in ("d0", "d1")))
    day = 86_400.0
    alerts = [alert(day), alert(5 * day), alert(6 * day, "d1"), alert(6 * day, "d1", "silent")]
    whole, half = clean_rates(streams_of(site, "temperature"), alerts, WEEKLY)
    assert whole.kinds == {"residual": 3, "silent": 1}
    assert (whole.device_weeks, whole.per_device_week, whole.budget_ratio) == pytest.approx((2.0, 1.5, 1.5))
    assert (half.device_weeks, half.per_device_week, half.budget_ratio) == pytest.approx((1.0, 2.0, 2.0))


def test_a_fleets_budget_is_not_multiplied_by_its_devices() -> None:
    """Three alerts of two devices in a week are three times a budget of one per fleet."""
    site = merged(*(readings(name, [1.0] * 169, cadence_s=3600.0) for name in ("d0", "d1")))
    alerts = [alert(hour * 3600.0) for hour in (1, 2, 3)]
    whole, _ = clean_rates(streams_of(site, "temperature"), alerts, Budget.parse("1 per fleet per week"))
    assert (whole.per_device_week, whole.budget_ratio) == pytest.approx((1.5, 3.0))
