"""Thresholds: the budget's arithmetic, the lanes' shares, and the feedback of alerts."""

import numpy as np
import pytest

from detector.anomaly.peaks import NO_POOL, QUARTER_S
from detector.anomaly.threshold import SLACK, STRICTEST, Shares, Thresholds
from detector.domain import MICROSECONDS, EventTime, Feedback, FeedbackKind, Height
from detector.settings import Budget
from detector.state.rows import Floats, Rows
from detector.state.slots import Slot
from tests.fleet import START
from tests.peaks import reference
from tests.rows import rows

DAY_S, WEEK_S = 86_400.0, 604_800.0


def thresholds(budget: str, channels: int = 1, lanes: int = 1) -> Thresholds:
    """Return thresholds under a budget that lanes share evenly; channels have no history, and a device each."""
    subject = Thresholds(
        Budget.parse(budget),
        reference(lanes),
        Shares(np.full(lanes, 1.0 / lanes), np.full(lanes, 1.0 / lanes), 0),
    )
    subject.grow(channels)
    subject.join(np.arange(channels), np.arange(channels), np.full(channels, NO_POOL))
    return subject


def level(budget: str, **how: int) -> float:
    """Return the threshold of a channel that saw nothing strange, beside so many siblings, or in so large a fleet."""
    subject = thresholds(budget)
    subject.learn(rows([0.0], gap_s=0.0, **how), np.zeros((1, 1)), np.full((1, 1), True), np.full((1, 1), False))
    return float(subject.block.threshold[0, 0])


def learn(subject: Thresholds, row: Rows, opened: list[bool], strangeness: Floats | float = 0.0) -> None:
    """Learn a row of each channel whose first lane opened episodes or not, with all lanes known."""
    shape = subject.current(row).shape
    alerts = np.zeros(shape, np.bool_)
    alerts[:, 0] = opened
    subject.learn(row, np.zeros(shape) + strangeness, np.full(shape, True), alerts)


@pytest.mark.parametrize(
    ("stricter", "laxer"),
    [
        ("1 per device per month", "1 per device per week"),
        ("1 per device per week", "7 per device per week"),
        ("1 per fleet per day", "10 per fleet per hour"),
    ],
)
def test_a_smaller_budget_means_a_higher_threshold(stricter: str, laxer: str) -> None:
    """At equal history and equal sharers."""
    assert level(stricter, fleet=10) > level(laxer, fleet=10)


def test_sharers_divide_a_budget() -> None:
    """Seven channels of a device with one alert a day stand where one stands with one a week; so do seven of a fleet."""
    alone = level("1 per device per week")
    assert level("1 per device per day", siblings=7, fleet=99) == pytest.approx(alone)
    assert level("1 per fleet per day", siblings=2, fleet=7) == pytest.approx(alone)


def test_no_budget_is_so_large_that_ordinary_readings_alert() -> None:
    """A budget that could never be spent has the median peak for a threshold, not less."""
    assert level("100 per device per hour") == pytest.approx(2.0, abs=0.1)


def test_lanes_that_a_channel_lacks_give_their_shares_away() -> None:
    """With one of two lanes known, the threshold is that of a budget that need not be shared."""
    subject, one = thresholds("1 per device per week", lanes=2), rows([0.0], gap_s=0.0)
    subject.learn(one, np.zeros((1, 2)), np.array([[True, False]]), np.full((1, 2), False))
    assert subject.block.threshold[0, 0] == pytest.approx(level("1 per device per week"))
    assert thresholds("1 per device per week", lanes=2).current(rows([0.0]))[0, 0] > subject.block.threshold[0, 0]


def test_a_threshold_stands_still_within_a_quarter() -> None:
    """Between turns, without alerts, readings of one quarter move nothing, however strange."""
    subject = thresholds("1 per device per week")
    for step in range(70):
        learn(subject, rows([0.0], step=step), [False])
    before = subject.current(rows([0.0]))[0, 0]
    for step in range(70, 80):
        learn(subject, rows([0.0], step=step), [False], 9.0)
    assert subject.current(rows([0.0]))[0, 0] == before


def test_an_alert_raises_its_own_channels_threshold_at_once() -> None:
    """For the channel that alerted, and not yet for its neighbour."""
    subject, both = thresholds("1 per device per week", 2), rows([0.0, 0.0], gap_s=1e-9)
    before = subject.current(both)
    learn(subject, both, [True, False])
    after = subject.current(both)
    assert after[0, 0] > before[0, 0] + 0.1
    assert after[1, 0] == pytest.approx(before[1, 0])


def test_an_alert_raises_its_siblings_thresholds_at_the_turn() -> None:
    """Channels of a device share a budget, so they share what is owed; another device does not."""
    subject, three = thresholds("1 per device per week", 3), rows(np.zeros(3), gap_s=1e-9)
    subject.join(np.arange(3), np.array([0, 0, 1]), np.full(3, -1))
    before = subject.current(three)[:, 0]
    learn(subject, three, [True, False, False])
    subject.turn(START)
    raised = subject.current(three)[:, 0] - before
    assert raised[0] == pytest.approx(raised[1])
    assert raised[1] > 0.1
    assert raised[2] == pytest.approx(0.0)


def test_a_site_that_runs_hot_is_calmed_at_the_turn() -> None:
    """One alert each raises a pool of nine by more than it raises a device on its own."""
    alone, site = thresholds("1 per device per week"), thresholds("1 per device per week", 9)
    site.join(np.arange(9), np.arange(9), np.zeros(9, np.int64))
    for subject, count in ((alone, 1), (site, 9)):
        learn(subject, rows(np.zeros(count), gap_s=1e-9), [True] * count)
        subject.turn(START)
    assert site.current(rows(np.zeros(9)))[0, 0] > alone.current(rows([0.0]))[0, 0] + 0.3


def test_a_fleets_budget_is_owed_by_everyone() -> None:
    """Under a fleet's budget one alert makes all stricter at the turn, pooled or not."""
    subject, five = thresholds("1 per fleet per week", 5), rows(np.zeros(5), gap_s=1e-9, fleet=5)
    learn(subject, five, [False] * 5)
    subject.turn(START)
    before = subject.current(five)[:, 0]
    learn(subject, five, [True, *[False] * 4])
    subject.turn(START)
    assert np.ptp(subject.current(five)[:, 0] - before) == pytest.approx(0.0)
    assert (subject.current(five)[:, 0] > before + 0.1).all()


def test_a_storm_of_alerts_is_capped_and_never_to_silence() -> None:
    """A thousand alerts owe six at most; long calm saves up one at most."""
    subject = thresholds("1 per device per day")
    for _ in range(1000):
        learn(subject, rows([0.0], gap_s=1.0), [True])
    assert subject.block.pressure[0] == STRICTEST
    assert np.isfinite(subject.current(rows([0.0]))).all()
    for _ in range(100):
        learn(subject, rows([0.0], gap_s=WEEK_S), [False])
    subject.turn(START)
    assert subject.block.pressure[0] == -SLACK


def said(kind: FeedbackKind, *, opened_us: int = START) -> Feedback:
    """Return feedback on an alert of the first channel that the first lane opened."""
    return Feedback("00ff", kind, "pump", "flow", EventTime(opened_us), (Height("own", 1.3),))


def test_an_alert_that_was_right_makes_nothing_stricter() -> None:
    """What people confirmed, thresholds forget at the next turn, and it uses nothing of the budget; taken back, it counts again."""
    subject = thresholds("1 per device per week")
    before = subject.current(rows([0.0]))[0, 0]
    learn(subject, rows([0.0], gap_s=0.0), [True])
    stricter = subject.current(rows([0.0]))[0, 0]
    for kind, threshold, used in ((FeedbackKind.CONFIRMED, before, 0.0), (FeedbackKind.UNDONE, stricter, 1.0)):
        subject.hear(said(kind), Slot(0))
        subject.turn(START)
        assert subject.current(rows([0.0]))[0, 0] == threshold
        assert subject.used_ratio(1) == used
    assert stricter > before


def test_another_budget_holds_at_once() -> None:
    """Reconfigured, thresholds are those of the new budget."""
    subject = thresholds("1 per device per week")
    subject.reconfigure(Budget.parse("1 per device per month"))
    assert np.array_equal(subject.current(rows([0.0])), thresholds("1 per device per month").current(rows([0.0])))


def test_used_counts_the_alerts_of_about_the_last_period() -> None:
    """Three alerts use three of a budget of one, and a period later e times less, though nothing spoke meanwhile."""
    subject, first = thresholds("1 per device per day"), rows([0.0], gap_s=0.0)
    for _ in range(3):
        learn(subject, first, [True])
    assert subject.used_ratio(1) == pytest.approx(3.0)
    subject.turn(EventTime(START + round(DAY_S * MICROSECONDS)))
    assert subject.used_ratio(1) == pytest.approx(3.0 / np.e)


def test_the_fleet_has_one_budget_and_devices_have_one_each() -> None:
    """One alert among four devices uses a quarter of four budgets, or all of the fleet's one."""
    for budget, ratio in (("1 per device per day", 0.25), ("1 per fleet per day", 1.0)):
        subject = thresholds(budget, 4)
        learn(subject, rows(np.zeros(4)), [True, False, False, False])
        assert subject.used_ratio(4) == pytest.approx(ratio)


def test_an_empty_fleet_has_used_nothing_and_turns() -> None:
    """Without devices the ratio is zero, not a division by nothing."""
    subject = thresholds("1 per device per day", 0)
    subject.turn(START)
    assert subject.used_ratio(0) == 0.0


@pytest.mark.parametrize("size", [0.0, 1e-12, 1.0, 30.0])
def test_any_axis_gives_finite_thresholds(size: float) -> None:
    """Lanes that say nothing, hardly anything or much for weeks have thresholds, and no alert when nothing changes."""
    subject, noise = thresholds("1 per device per week"), np.random.default_rng(1)
    for step in range(160):
        row = rows([0.0], step=step, gap_s=QUARTER_S / 4)
        learn(subject, row, [False], size * noise.uniform(0.5, 1.0))
        subject.turn(EventTime(int(row.at_us[0])))
    assert np.isfinite(subject.current(rows([0.0]))).all()
    assert subject.current(rows([0.0]))[0, 0] > size
