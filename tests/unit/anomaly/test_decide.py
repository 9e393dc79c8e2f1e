"""The decision on a row: rarity against the threshold, the operator's limits, the rules."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detector.anomaly.decide import BELOW_THRESHOLD, Decider, Decision
from detector.anomaly.episode import Lane
from detector.anomaly.score import Nonconformity
from detector.anomaly.streams import Stream
from detector.settings import Budget, ChannelSettings
from detector.state.slots import Slot
from tests.rows import forecast, rows

THRESHOLD = np.log10(6048.0)
"""One a week, a reading every hundred seconds."""


def nonconformity(rarity: float, deviation: float = 1.0, dominant: int = Stream.RESIDUAL) -> Nonconformity:
    """Return the news of one row, as strange as it is rare."""
    full = np.array([rarity])
    return Nonconformity(full, full, full, np.array([dominant], np.intp), np.array([deviation]))


def decide(
    value: float, rarity: float, *, dominant: Stream = Stream.RESIDUAL, scored: bool = True, **channel: Any
) -> Decision:
    """Decide on one reading of a channel that is expected at 10, and usually at 20."""
    away = value - (20.0 if dominant is Stream.LEVEL else 10.0)
    subject = Decider(Budget.parse("1 per device per week"))
    subject.grow(1)
    subject.limits.set(Slot(0), ChannelSettings.model_validate(channel))
    one, strange = rows([value]), nonconformity(rarity, away, dominant)
    return subject.decide(one, forecast(one, expected=10.0, usual=20.0), strange, np.array([100.0]), np.array([scored]))


def test_the_score_is_rarity_over_threshold() -> None:
    """A score of 1 is the threshold that the budget gives."""
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
    """The second exceedance meets half a decade more."""
    subject = Decider(Budget.parse("1 per device per week"))
    subject.grow(1)
    one, strange = rows([15.0]), nonconformity(9.0)
    levels = [
        float(subject.decide(one, forecast(one), strange, np.array([100.0]), np.array([True])).threshold[0])
        for _ in range(2)
    ]
    assert levels[1] - levels[0] == pytest.approx(0.5, abs=1e-4)


def test_a_stuck_alert_is_paid_for_by_the_budget() -> None:
    """When a run of equal values opens an episode, the channel's threshold becomes stricter."""
    subject = Decider(Budget.parse("1 per device per week"))
    subject.grow(1)
    strange = nonconformity(0.0)
    opened, thresholds = [], []
    for value in [*range(100), *[100.0] * 200]:
        one = rows([float(value)])
        decision = subject.decide(
            one, forecast(one, expected=float(value)), strange, np.array([100.0]), np.array([True])
        )
        opened.append(bool(decision.turns.opened[0, Lane.STUCK]))
        thresholds.append(float(decision.threshold[0]))
    assert sum(opened) == 1
    after = opened.index(True) + 1
    assert thresholds[after] - thresholds[after - 1] == pytest.approx(0.5, abs=1e-3)


def test_an_episode_stays_open_while_it_is_strange_though_no_longer_news() -> None:
    """What opened is kept open by the strangeness alone; without an episode, what is no news opens nothing."""
    subject = Decider(Budget.parse("1 per device per week"))
    subject.grow(1)
    lasting = replace(nonconformity(9.0), rarity=np.zeros(1))
    opened, still_open = [], []
    for strange in (lasting, nonconformity(9.0), *[lasting] * 20):
        one = rows([15.0])
        decision = subject.decide(one, forecast(one), strange, np.array([100.0]), np.array([True]))
        opened.append(bool(decision.turns.opened[0, Lane.LEARNT]))
        still_open.append(bool(subject.episodes.block.open[0, Lane.LEARNT]))
    assert opened == [False, True, *[False] * 20]
    assert still_open == [False, *[True] * 21]
