"""The stuck rule: a value repeated for longer than is the channel's habit."""

import numpy as np

from detector.anomaly.stuck import HABIT_RUNS, StuckRule
from detector.state.rows import Rows
from tests.fleet import START, noise
from tests.rows import rows, series


def said(subject: StuckRule, values: list[float]) -> list[float]:
    """Return the rarity at each of one channel's readings."""
    return [float(subject.step(one)[0][0]) for one in series(values)]


def rule() -> StuckRule:
    """Return the rule for one channel, nothing seen."""
    subject = StuckRule()
    subject.block.grow(1)
    return subject


def test_a_channel_that_never_repeats_is_stuck_after_a_score_of_equal_readings() -> None:
    """Runs shorter than half of twenty say nothing; then rarity grows by two decades each twenty readings."""
    subject = rule()
    assert set(said(subject, noise(1, 500))) == {0.0}
    run = said(subject, [7.0] * 60)
    assert set(run[:10]) == {0.0}
    assert np.allclose(np.diff(run[11:]), 0.1)
    assert run[-1] > 8.0


def test_a_channel_that_never_changed_is_never_stuck() -> None:
    """A constant has no habit to depart from, however long it lasts."""
    assert set(said(rule(), [20.0] * 5000)) == {0.0}


def test_a_habit_takes_twenty_finished_runs() -> None:
    """One run too few and a channel may repeat itself for ever."""
    for runs, known in ((HABIT_RUNS - 1, False), (HABIT_RUNS, True)):
        changes = [float(number) for number in range(runs + 1)]
        assert (said(rule(), [*changes, *[changes[-1]] * 500])[-1] > 0.0) == known


def test_a_change_only_channel_may_repeat_itself_as_ever() -> None:
    """A meter whose values stand for two hundred readings is not stuck at two hundred and fifty, but at three thousand."""
    subject = rule()
    assert set(said(subject, [float(number) for number in range(30) for _ in range(200)])) == {0.0}
    run = said(subject, [99.0] * 3000)
    assert set(run[:250]) == {0.0}
    assert run[-1] > 8.0


def test_a_quantised_channel_that_lingers_now_and_then_is_not_stuck() -> None:
    """Whole degrees that change by chance never look stuck by more than the channel's own longest run."""
    values = np.random.default_rng(1).integers(0, 2, 5000).cumsum() % 7
    slow = np.repeat(values.astype(float), np.random.default_rng(2).integers(1, 12, 5000))
    assert max(said(rule(), slow[:8000].tolist())) < 4.0


def test_the_run_began_at_its_first_reading() -> None:
    """The onset is the first reading of the value that stayed."""
    subject = rule()
    began = [int(subject.step(one)[1][0]) for one in series([1.0, 2.0, 3.0, 3.0, 3.0])]
    assert began[-1] == START + 2 * 10_000_000


def test_one_long_outage_is_not_the_habit_for_ever() -> None:
    """After a run of five hundred, and a few thousand ordinary readings, a hundred equal ones are strange again."""
    subject = rule()
    said(subject, [*noise(1, 100), *[5.0] * 500, *noise(2, 100)])
    assert said(subject, [6.0] * 100)[-1] == 0.0
    said(subject, noise(3, 4000))
    assert said(subject, [7.0] * 100)[-1] > 3.0


def test_zero_and_minus_zero_are_the_same_value() -> None:
    """A sign on nothing is no change."""
    subject = rule()
    said(subject, [0.0, -0.0, 0.0])
    assert subject.block.run[0] == 3


def test_channels_run_apart() -> None:
    """Rows of one step lengthen and finish their own runs."""
    subject = StuckRule()
    subject.block.grow(2)
    for one in series(np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])):
        subject.step(one)
    assert subject.block.run[:2].tolist() == [3, 1]
    assert subject.block.runs[:2].tolist() == [0, 2]


def test_no_rows_are_no_trouble() -> None:
    """An empty step says nothing."""
    empty: Rows = rows([])
    rarity, began = rule().step(empty)
    assert len(rarity) == len(began) == 0
