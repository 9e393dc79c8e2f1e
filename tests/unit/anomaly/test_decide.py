"""The decision on a row: strangeness against the thresholds, the operator's limits, the rules."""

from typing import Any

import numpy as np
import pytest

from detector.anomaly.decide import BELOW_THRESHOLD, Decider, Decision
from detector.anomaly.episode import Lane
from detector.anomaly.organs import CODE, ORGANS, Judgement, Organ
from detector.anomaly.stuck import HABIT_RUNS
from detector.domain import Kind
from detector.settings import Budget, ChannelSettings
from detector.state.slots import Slot
from tests.rows import rows

CADENCE_S = np.array([100.0])


def decider() -> Decider:
    """Return a decider that knows one channel of one device, which has moved often enough to have a past."""
    subject = Decider(Budget.parse("1 per device per week"))
    subject.grow(1, 1)
    subject.join(np.array([0]), np.array([0]), np.array([-1]))
    subject.stuck.block.runs[0] = HABIT_RUNS
    return subject


def threshold(organ: Organ = Organ.OWN) -> float:
    """Return the threshold of an organ of a channel that just began."""
    return float(decider().thresholds.current(rows([0.0]))[0, organ])


def judgement(value: float, strangeness: float, *, organ: Organ = Organ.OWN, expected: float = 10.0) -> Judgement:
    """Return one organ's say on a reading; the others know nothing."""
    column = np.zeros((1, ORGANS))
    strange, known = column.copy(), column.astype(np.bool_)
    strange[0, organ], known[0, organ] = strangeness, True
    kind = np.full((1, ORGANS), CODE[Kind.RESIDUAL], np.int8)
    return Judgement(strange, strange, known, column + expected, column + value - expected, kind)


def decide(
    value: float, strangeness: float, *, organ: Organ = Organ.OWN, scored: bool = True, **channel: Any
) -> Decision:
    """Decide on one reading of a channel that is expected at 10."""
    subject = decider()
    subject.limits.set(Slot(0), ChannelSettings.model_validate(channel))
    said = judgement(value, strangeness, organ=organ)
    return subject.decide(rows([value]), said, CADENCE_S, np.array([scored]))


def test_the_score_is_rarity_over_threshold() -> None:
    """A score of 1 is the threshold that the budget gives."""
    decision = decide(15.0, threshold() / 2)
    assert decision.threshold[0] == pytest.approx(threshold())
    assert decision.score[0] == pytest.approx(0.5)
    assert (int(decision.anomalous[0]), bool(decision.suspect[0])) == (0, False)


@pytest.mark.parametrize(("value", "side"), [(15.0, 1), (5.0, -1)])
def test_an_exceedance_is_above_or_below_its_forecast(value: float, side: int) -> None:
    """The sign is that of the deviation, and the row is suspect."""
    decision = decide(value, 2 * threshold())
    assert (int(decision.anomalous[0]), bool(decision.suspect[0])) == (side, True)
    assert bool(decision.turns.opened[0, Lane.LEARNT])


@pytest.mark.parametrize("organ", Organ)
def test_every_organ_can_open_an_episode(organ: Organ) -> None:
    """Beyond its own threshold, one organ is enough, and the decision says which."""
    decision = decide(15.0, 1.5 * threshold(organ), organ=organ)
    assert decision.score.tolist() == pytest.approx([1.5])
    assert decision.organ.tolist() == [organ]
    assert bool(decision.turns.opened[0, Lane.LEARNT])


def test_an_organ_that_does_not_know_a_channel_has_no_say() -> None:
    """However strange it finds the row, nothing opens."""
    said = judgement(15.0, 9.0 * threshold())
    said.known[:] = False
    decision = decider().decide(rows([15.0]), said, CADENCE_S, np.array([True]))
    assert decision.score.tolist() == [0.0]
    assert not decision.turns.opened.any()


def test_a_channel_that_never_moved_has_no_past_to_be_strange_against() -> None:
    """A lamp that was dark since it is known may go on without an alert."""
    subject = decider()
    subject.stuck.block.runs[0] = 0
    decision = subject.decide(rows([15.0]), judgement(15.0, 9.0 * threshold()), CADENCE_S, np.array([True]))
    assert not decision.turns.opened.any()


def test_what_lasts_keeps_an_episode_open_though_it_is_no_news() -> None:
    """Once open, an episode goes on while the strangeness does, and closes when that calms down."""
    subject = decider()
    news = judgement(15.0, 4 * threshold())
    still = Judgement(0 * news.strangeness, news.lasting, news.known, news.expected, news.deviation, news.kind)
    calm = judgement(10.0, 0.0)
    said = [news, *[still] * 20, *[calm] * 5]
    closed = [
        bool(subject.decide(rows([15.0]), one, CADENCE_S, np.array([True])).turns.closed[0, Lane.LEARNT])
        for one in said
    ]
    assert closed == [False] * 25 + [True]


@pytest.mark.parametrize("word", [{"direction": "below"}, {"min_deviation": 5.5}])
def test_what_does_not_matter_stays_below_the_threshold(word: dict[str, Any]) -> None:
    """A deviation of the wrong side or size scores just under 1 and opens nothing."""
    decision = decide(15.0, 2 * threshold(), **word)
    assert decision.score.tolist() == [BELOW_THRESHOLD]
    assert not decision.turns.opened.any()
    assert decision.anomalous.tolist() == [0]


def test_a_row_in_calibration_meets_the_rules_alone() -> None:
    """However rare, it opens nothing learnt; out of the operator's range, it opens at once."""
    decision = decide(15.0, 12.0, scored=False, range=[0, 12])
    assert decision.turns.opened[0].tolist() == [False, False, False, True]
    assert decision.anomalous.tolist() == [1]


@pytest.mark.parametrize(
    ("value", "strength"), [(12.0, 0.0), (12.1, 1.25), (13.2, 1.25), (13.3, 2.0), (-0.1, 1.25), (-2.0, 2.0)]
)
def test_a_tenth_of_the_range_beyond_it_is_critical(value: float, strength: float) -> None:
    """Outside the range is a warning; further outside than a tenth of its width is critical."""
    assert decide(value, 0.0, range=[0, 12]).strength[0, Lane.RANGE] == strength


def test_being_out_of_range_says_the_side_over_what_was_learnt() -> None:
    """At 5, expected at 10 and so strangely low, but above the highest possible value of 4: above."""
    assert decide(5.0, 2 * threshold(), range=[0, 4]).anomalous.tolist() == [1]


def test_an_alert_makes_the_same_channels_threshold_stricter() -> None:
    """What comes after an alert meets a higher threshold than the alert itself did."""
    subject = decider()
    said = [judgement(10.0, 0.0), judgement(15.0, 9.0), judgement(10.0, 0.0)]
    levels = [subject.decide(rows([15.0]), one, CADENCE_S, np.array([True])).threshold[0] for one in said]
    assert levels[2] > levels[1]


def test_what_comes_of_a_fault_that_a_rule_told_is_no_second_alert() -> None:
    """While a channel is stuck, nothing learnt opens beside it: its end is a jump, and no news."""
    subject = decider()
    said = judgement(15.0, 3.0 * threshold())
    subject.episodes.block.open[0, Lane.STUCK] = True
    beside = subject.decide(rows([15.0]), said, CADENCE_S, np.array([True]))
    assert not beside.turns.opened[0, Lane.LEARNT]
    assert beside.score[0] >= 1.0
    assert decide(15.0, 3.0 * threshold()).turns.opened[0, Lane.LEARNT]
