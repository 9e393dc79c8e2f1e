"""The decision on a row: rarity against the threshold, the operator's limits, the rules."""

from typing import Any

import numpy as np
import pytest

from detector.anomaly.decide import BELOW_THRESHOLD, Decider, Decision
from detector.anomaly.episode import Lane
from detector.anomaly.score import Nonconformity
from detector.anomaly.streams import Stream, View
from detector.settings import Budget, ChannelSettings
from detector.state.slots import Slot
from tests.rows import forecast, rows

WEEKLY = "1 per device per week"


def untaught() -> float:
    """Return the threshold of a channel without history."""
    subject = Decider(Budget.parse(WEEKLY))
    subject.grow(1)
    return float(subject.thresholds.current(rows([0.0]))[0, 0])


THRESHOLD = untaught()


def decide(
    value: float, rarity: float, *, dominant: Stream = Stream.RESIDUAL, scored: bool = True, **channel: Any
) -> Decision:
    """Decide on one reading of a channel that is expected at 10, and usually at 20."""
    subject = Decider(Budget.parse(WEEKLY))
    subject.grow(1)
    subject.limits.set(Slot(0), ChannelSettings.model_validate(channel))
    one, nothing = rows([value]), np.zeros(1)
    view = View(np.zeros((1, 3)), nothing, np.array([value - 20.0]))
    strange = Nonconformity(np.array([rarity]), np.array([int(dominant)], np.intp), view, nothing)
    return subject.decide(one, forecast(one, expected=10.0, usual=20.0), strange, np.array([100.0]), np.array([scored]))


def test_the_score_is_rarity_over_threshold() -> None:
    """A score of 1 is the threshold."""
    decision = decide(15.0, THRESHOLD / 2)
    assert decision.threshold[0] == pytest.approx(THRESHOLD)
    assert decision.score[0] == pytest.approx(0.5)
    assert (int(decision.anomalous[0]), bool(decision.suspect[0])) == (0, False)


@pytest.mark.parametrize(("value", "side"), [(15.0, 1), (5.0, -1)])
def test_an_exceedance_is_above_or_below_its_forecast(value: float, side: int) -> None:
    """The sign is that of the deviation, and the row is suspect."""
    decision = decide(value, 2 * THRESHOLD)
    assert (int(decision.anomalous[0]), bool(decision.suspect[0])) == (side, True)
    assert bool(decision.turns.opened[0, Lane.LEARNT])


def test_a_level_is_above_or_below_the_usual_not_the_forecast() -> None:
    """At 15, expected at 10 but usually at 20, a level that is strange is too low."""
    assert decide(15.0, 2 * THRESHOLD, dominant=Stream.LEVEL).anomalous.tolist() == [-1]
    assert decide(15.0, 2 * THRESHOLD, dominant=Stream.LEVEL, direction="above").score.tolist() == [BELOW_THRESHOLD]


@pytest.mark.parametrize("word", [{"direction": "below"}, {"min_deviation": 5.5}])
def test_what_does_not_matter_stays_below_the_threshold(word: dict[str, Any]) -> None:
    """A deviation of the wrong side or size scores just under 1 and opens nothing."""
    decision = decide(15.0, 2 * THRESHOLD, **word)
    assert decision.score.tolist() == [BELOW_THRESHOLD]
    assert not decision.turns.opened.any()
    assert decision.anomalous.tolist() == [0]


def test_a_row_in_calibration_meets_the_rules_alone() -> None:
    """However rare, it opens nothing learnt; out of the operator's range, it opens at once."""
    decision = decide(15.0, 12.0, scored=False, range=[0, 12])
    assert decision.turns.opened[0].tolist() == [False, False, True]
    assert decision.anomalous.tolist() == [1]


@pytest.mark.parametrize(
    ("value", "strength"), [(12.0, 0.0), (12.1, 1.25), (13.2, 1.25), (13.3, 2.0), (-0.1, 1.25), (-2.0, 2.0)]
)
def test_a_tenth_of_the_range_beyond_it_is_critical(value: float, strength: float) -> None:
    """Outside the range is a warning; further outside than a tenth of its width is critical."""
    assert decide(value, 0.0, range=[0, 12]).strength[0, Lane.RANGE] == strength


def test_being_out_of_range_says_the_side_over_what_was_learnt() -> None:
    """At 5, expected at 10 and so strangely low, but above the highest possible value of 4: above."""
    assert decide(5.0, 2 * THRESHOLD, range=[0, 4]).anomalous.tolist() == [1]


def test_an_alert_makes_the_same_channels_threshold_stricter() -> None:
    """The second exceedance meets a higher threshold."""
    subject = Decider(Budget.parse(WEEKLY))
    subject.grow(1)
    first, second = (float(exceed(subject, step).threshold[0]) for step in range(2))
    assert second > first + 0.1


def test_a_device_that_exceeds_again_and_again_opens_three_alerts_a_day() -> None:
    """What is beyond stays below its threshold, and is counted; out of range, it is told all the same."""
    subject = Decider(Budget.parse(WEEKLY))
    subject.grow(1)
    subject.limits.set(Slot(0), ChannelSettings(range=(0.0, 20.0)))
    told = [exceed(subject, step, calm=step % 10 > 0) for step in range(200)]
    opened = np.array([decision.turns.opened[0] for decision in told])
    assert opened.sum(axis=0)[[Lane.LEARNT, Lane.RANGE]].tolist() == [3, 20]
    assert subject.storms.block.held_back[0] == 17


def exceed(subject: Decider, step: int, *, calm: bool = False) -> Decision:
    """Decide on a reading that is far beyond every threshold, or on a calm one."""
    one, nothing = rows([10.0 if calm else 25.0 + step], step=step), np.zeros(1)
    rare = nothing if calm else np.full(1, 99.0)
    strange = Nonconformity(rare, np.zeros(1, np.intp), View(np.zeros((1, 3)), nothing, nothing), nothing)
    return subject.decide(one, forecast(one, expected=10.0), strange, np.array([100.0]), np.array([True]))


def test_a_stuck_alert_is_paid_for_by_the_budget() -> None:
    """When a run of equal values opens an episode, the channel's threshold becomes stricter."""
    subject = Decider(Budget.parse(WEEKLY))
    subject.grow(1)
    nothing = np.zeros(1)
    strange = Nonconformity(nothing, np.zeros(1, np.intp), View(np.zeros((1, 3)), nothing, nothing), nothing)
    opened, thresholds = [], []
    for step, value in enumerate([*range(200), *[200.0] * 20]):
        one = rows([float(value)], step=step)
        decision = subject.decide(
            one, forecast(one, expected=float(value)), strange, np.array([10.0]), np.array([True])
        )
        opened.append(bool(decision.turns.opened[0, Lane.STUCK]))
        thresholds.append(float(decision.threshold[0]))
    assert sum(opened) == 1
    after = opened.index(True) + 1
    assert thresholds[after] > thresholds[after - 1] + 0.1
