"""What counts as found, as late, as false."""

import pytest

from detector.domain import MICROSECONDS, EventTime
from detector.lab.faults import Fault, FaultKind
from detector.lab.tally import GRACE_S, Opened, tally


def seconds(count: float) -> EventTime:
    """Return an event time."""
    return EventTime(int(count * MICROSECONDS))


def fault(channel: str | None = "flow", device: str = "p1") -> Fault:
    """Return a fault from second 1000 to second 2000."""
    return Fault(device, channel, FaultKind.STEP, seconds(1000), seconds(2000), 4.0)


def alert(at: float, channel: str | None = "flow", device: str = "p1", kind: str = "residual") -> Opened:
    """Return an alert that opened."""
    verdict = "transport" if kind == "silent" else "process"
    return Opened(seconds(at), device, channel, verdict, kind, "warning", "a sentence")


@pytest.mark.parametrize("at", [1000.0, 1500.0, 2000.0 + GRACE_S])
def test_an_alert_from_start_to_the_end_of_grace_finds_a_fault(at: float) -> None:
    """The first and the last moment count."""
    result = tally([fault()], [alert(at)])
    assert (result.found, result.median_delay_s, len(result.false_alerts)) == (1, at - 1000.0, 0)


@pytest.mark.parametrize("at", [999.0, 2001.0 + GRACE_S])
def test_an_alert_outside_that_time_is_false(at: float) -> None:
    """Too early and too late find nothing."""
    result = tally([fault()], [alert(at)])
    assert (result.found, result.median_delay_s, len(result.false_alerts)) == (0, None, 1)


@pytest.mark.parametrize(("channel", "device"), [("pressure", "p1"), ("flow", "p2")])
def test_an_alert_elsewhere_is_false(channel: str, device: str) -> None:
    """Another channel or another device is another story."""
    result = tally([fault()], [alert(1500.0, channel, device)])
    assert (result.found, len(result.false_alerts)) == (0, 1)


@pytest.mark.parametrize(("broken", "told"), [(None, "flow"), ("flow", None), (None, None)])
def test_a_whole_device_means_each_of_its_channels(broken: str | None, told: str | None) -> None:
    """Where either the fault or the alert is of the whole device, the device suffices."""
    assert tally([fault(broken)], [alert(1500.0, told)]).found == 1


@pytest.mark.parametrize("kind", ["range", "silent"])
def test_alerts_that_no_budget_governs_are_never_false(kind: str) -> None:
    """Limits that the operator wrote and the link's own troubles are no false alerts, but find faults."""
    assert tally([fault()], [alert(10.0, kind=kind)]).false_alerts == ()
    assert tally([fault()], [alert(1500.0, kind=kind)]).found == 1


def test_the_earliest_alert_counts_whatever_the_order_of_arrival() -> None:
    """Two alerts of one fault find it once, with the delay of the first."""
    result = tally([fault()], [alert(1800.0), alert(1200.0)])
    assert (result.found, result.median_delay_s, result.false_alerts) == (1, 200.0, ())


def test_the_summary_says_it_in_figures() -> None:
    """The figures of a summary file; a delay that is not known is null, not zero."""
    result = tally([fault(), fault(device="p2")], [alert(1500.0, device="p3")])
    assert result.summary() == {"faults_injected": 2, "faults_found": 0, "median_delay_s": None, "false_alerts": 1}
