"""A law of the tally: every budgeted alert either tells of a fault or is false, and more alerts never find less."""

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import EventTime
from detector.lab.faults import Fault, FaultKind
from detector.lab.tally import Opened, belongs, tally

DEVICES = st.sampled_from(["p1", "p2"])
CHANNELS = st.sampled_from(["flow", "pressure", None])
TIMES = st.integers(0, 5_000_000_000).map(EventTime)

FAULTS = st.lists(
    st.builds(
        lambda device, channel, start, lasts: Fault(
            device, channel, FaultKind.STEP, start, EventTime(start + lasts), 1.0
        ),
        DEVICES,
        CHANNELS,
        TIMES,
        st.integers(1, 1_000_000_000),
    ),
    max_size=5,
)
ALERTS = st.lists(
    st.builds(
        Opened,
        TIMES,
        DEVICES,
        CHANNELS,
        st.sampled_from(["process", "sensor", "transport"]),
        st.sampled_from(["residual", "range", "silent"]),
        st.just("warning"),
        st.just(""),
    ),
    max_size=8,
)


@given(FAULTS, ALERTS)
def test_every_budgeted_alert_is_earned_or_false(faults: list[Fault], alerts: list[Opened]) -> None:
    """The false alerts are exactly the budgeted ones that belong to no fault."""
    earned = [alert for alert in alerts if any(belongs(alert, fault) for fault in faults)]
    expected = [alert for alert in alerts if alert.budgeted and alert not in earned]
    assert sorted(tally(faults, alerts).false_alerts, key=str) == sorted(expected, key=str)


@given(FAULTS, ALERTS, ALERTS)
def test_more_alerts_find_no_less_and_no_later(faults: list[Fault], some: list[Opened], more: list[Opened]) -> None:
    """Adding alerts keeps every fault found, at its delay or an earlier one."""
    for before, after in zip(tally(faults, some).findings, tally(faults, [*some, *more]).findings, strict=True):
        if before.delay_s is not None:
            assert after.delay_s is not None
            assert 0.0 <= after.delay_s <= before.delay_s
