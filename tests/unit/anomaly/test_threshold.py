"""Thresholds: the budget's arithmetic, and the feedback of alerts."""

import numpy as np
import pytest

from detector.anomaly.threshold import SLACK, STRICTER, STRICTEST, Thresholds
from detector.settings import Budget
from tests.rows import rows

DAY_S, WEEK_S = 86_400.0, 604_800.0


def thresholds(budget: str, channels: int = 1) -> Thresholds:
    """Return thresholds under a budget, with no history."""
    subject = Thresholds(Budget.parse(budget))
    subject.block.grow(channels)
    return subject


def level(budget: str, cadence_s: float, *, siblings: int = 1, fleet: int = 1) -> float:
    """Return the rarity at which a channel without history alerts."""
    one = rows([0.0], siblings=siblings, fleet=fleet)
    return float(thresholds(budget).current(one, np.array([cadence_s]))[0])


@pytest.mark.parametrize(
    ("budget", "cadence_s", "siblings", "fleet", "chances"),
    [
        ("1 per device per week", 60.0, 1, 1, 10_080),
        ("1 per device per week", 60.0, 5, 500, 50_400),
        ("7 per device per week", 60.0, 1, 1, 1_440),
        ("1 per device per day", 1.0, 1, 1, 86_400),
        ("1 per fleet per day", 1.0, 5, 500, 43_200_000),
        ("10 per fleet per hour", 10.0, 3, 100, 3_600),
        ("0.5 per device per month", 3600.0, 1, 1, 1_440),
    ],
)
def test_the_threshold_is_one_alert_in_as_many_readings_as_the_budget_has_chances(
    budget: str, cadence_s: float, siblings: int, fleet: int, chances: int
) -> None:
    """Readings of all sharers in the period, over the alerts allowed in it; sharers are the device's or the fleet's channels."""
    assert level(budget, cadence_s, siblings=siblings, fleet=fleet) == pytest.approx(np.log10(chances))


def test_no_threshold_is_below_one_in_ten() -> None:
    """A budget that a slow channel could never spend does not make alerts of ordinary readings."""
    assert level("100 per device per hour", 3600.0) == 1.0


def test_a_cadence_not_yet_known_makes_the_threshold_strict_and_finite() -> None:
    """A cadence of zero counts as a thousandth of a second."""
    assert level("1 per device per week", 0.0) == pytest.approx(np.log10(WEEK_S * 1000))


def test_an_alert_raises_its_own_channels_threshold() -> None:
    """Half a decade for the channel that alerted, nothing for its neighbour."""
    subject, both = thresholds("1 per device per week", 2), rows([0.0, 0.0], gap_s=1e-9)
    before = subject.current(both, np.full(2, 60.0))
    subject.learn(both, np.array([True, False]))
    assert subject.current(both, np.full(2, 60.0)) - before == pytest.approx([STRICTER, 0.0])


def test_one_alert_a_period_leaves_the_threshold_where_it_was() -> None:
    """A channel that alerts at the rate of its budget is in balance."""
    subject = thresholds("1 per device per day")
    for step in range(24):
        subject.learn(rows([0.0], gap_s=3600.0), np.array([step == 0]))
    assert subject.block.pressure[0] == pytest.approx(0.0, abs=1e-9)


def test_sharers_of_a_budget_sink_together_at_its_rate() -> None:
    """With four channels, each may sink at a quarter of the budget's rate."""
    subject = thresholds("1 per device per week", 4)
    subject.block.pressure[:] = 1.0
    subject.learn(rows(np.zeros(4), gap_s=DAY_S, siblings=4, fleet=400), np.zeros(4, np.bool_))
    assert subject.block.pressure[:4] == pytest.approx(np.full(4, 1.0 - STRICTER / 7.0 / 4.0))


def test_a_storm_of_alerts_is_capped_and_never_to_silence() -> None:
    """A thousand alerts raise the threshold by six decades at most; long calm lowers it by half a decade at most."""
    subject = thresholds("1 per device per day")
    for _ in range(1000):
        subject.learn(rows([0.0], gap_s=1.0), np.array([True]))
    assert subject.block.pressure[0] == STRICTEST
    for _ in range(1000):
        subject.learn(rows([0.0], gap_s=WEEK_S), np.array([False]))
    assert subject.block.pressure[0] == -SLACK


def test_used_counts_the_alerts_of_about_the_last_period() -> None:
    """Three alerts at once use three of a budget of one, and a period later e times less."""
    subject = thresholds("1 per device per day")
    for _ in range(3):
        subject.learn(rows([0.0], gap_s=0.0), np.array([True]))
    assert subject.used_ratio(1) == pytest.approx(3.0)
    subject.learn(rows([0.0], gap_s=DAY_S), np.array([False]))
    assert subject.used_ratio(1) == pytest.approx(3.0 / np.e)


def test_the_fleet_has_one_budget_and_devices_have_one_each() -> None:
    """One alert among four devices uses a quarter of four budgets, or all of the fleet's one."""
    for budget, ratio in (("1 per device per day", 0.25), ("1 per fleet per day", 1.0)):
        subject = thresholds(budget, 4)
        subject.learn(rows(np.zeros(4)), np.array([True, False, False, False]))
        assert subject.used_ratio(4) == pytest.approx(ratio)


def test_an_empty_fleet_has_used_nothing() -> None:
    """Without devices the ratio is zero, not a division by nothing."""
    assert thresholds("1 per device per day", 0).used_ratio(0) == 0.0
