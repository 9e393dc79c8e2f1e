"""The stuck rule: a value that stands for longer than is the channel's habit."""

import numpy as np
import pytest

from detector.anomaly.stuck import FEWEST, HABIT_RUNS, StuckRule
from tests.fleet import START, noise
from tests.rows import rows, series

CADENCE = np.array([10.0])


def said(subject: StuckRule, values: list[float], *, start: int = 0, gap_s: float = 10.0) -> list[float]:
    """Return the strength at each of one channel's readings, the first of which is number `start` of its stream."""
    steps = (rows([value], gap_s=gap_s, step=step) for step, value in enumerate(values, start))
    return [float(subject.step(one, np.array([gap_s]))[0][0]) for one in steps]


def rule() -> StuckRule:
    """Return the rule for one channel, nothing seen."""
    subject = StuckRule()
    subject.block.grow(1)
    return subject


def test_a_channel_that_never_repeats_is_stuck_after_a_few_equal_readings() -> None:
    """Its strength grows with time and passes 1 at the seventh reading of the same value."""
    subject = rule()
    assert set(said(subject, noise(1, 500))) == {0.0}
    run = said(subject, [7.0] * 60, start=500)
    assert np.allclose(np.diff(run), 1.0 / FEWEST)
    assert next(place for place, strength in enumerate(run) if strength >= 1.0) == FEWEST


def test_a_channel_that_never_changed_is_never_stuck() -> None:
    """A constant has no habit to depart from, however long it lasts."""
    assert set(said(rule(), [20.0] * 5000)) == {0.0}


def test_a_habit_takes_twenty_finished_runs() -> None:
    """One run too few and a channel may repeat itself for ever."""
    for runs, known in ((HABIT_RUNS - 1, False), (HABIT_RUNS, True)):
        changes = [float(number) for number in range(runs + 1)]
        assert (said(rule(), [*changes, *[changes[-1]] * 500])[-1] > 0.0) == known


def test_a_change_only_channel_may_repeat_itself_as_ever() -> None:
    """A meter whose values stand for twenty readings is not stuck at a hundred, but at three hundred."""
    subject = rule()
    assert max(said(subject, [float(number) for number in range(230) for _ in range(20)])) < 1.0
    run = said(subject, [999.0] * 300, start=4600)
    assert max(run[:100]) < 1.0
    assert run[-1] >= 1.0


def test_long_runs_every_night_are_habit_after_the_first() -> None:
    """A light that flickers by day and stands still all night is called stuck in its first night at most."""
    nights = np.array(said(rule(), [*noise(1, 96), *[0.0] * 48] * 14, gap_s=600.0)).reshape(14, -1)
    assert nights[1:].max() < 1.0


@pytest.mark.parametrize("cadence_s", [10.0, 33.0, 300.0, 1800.0])
def test_four_hours_without_change_are_stuck_at_any_cadence(cadence_s: float) -> None:
    """Where the value changes with nearly every reading, and has done so for a while."""
    values = [*noise(1, 200), *[21.0] * round(4 * 3600.0 / cadence_s)]
    assert said(rule(), values, gap_s=cadence_s)[-1] >= 1.0


def test_what_was_not_heard_did_not_repeat() -> None:
    """Two equal readings a day apart are no run of a day."""
    subject = rule()
    said(subject, noise(1, 500))
    said(subject, [7.0], start=500)
    late = rows([7.0], gap_s=86_400.0, step=2)
    assert subject.step(late, CADENCE)[0][0] < 1.0


def test_a_quantised_channel_that_lingers_now_and_then_is_not_stuck() -> None:
    """Whole degrees that change by chance are not stuck for standing a little longer than ever."""
    values = np.random.default_rng(1).integers(0, 2, 5000).cumsum() % 7
    slow = np.repeat(values.astype(float), np.random.default_rng(2).integers(1, 12, 5000))
    assert max(said(rule(), slow[:8000].tolist())) < 1.0


def test_the_run_began_at_its_first_reading() -> None:
    """The onset is the first reading of the value that stayed."""
    subject = rule()
    began = [int(subject.step(one, CADENCE)[1][0]) for one in series([1.0, 2.0, 3.0, 3.0, 3.0])]
    assert began[-1] == START + 2 * 10_000_000


def test_one_outage_is_not_the_habit() -> None:
    """After it stood for five hundred readings, a channel is stuck again at fifty."""
    subject = rule()
    said(subject, [*noise(1, 600), *[5.0] * 500, *noise(2, 100)], gap_s=300.0)
    assert said(subject, [6.0] * 50, start=1200, gap_s=300.0)[-1] >= 1.0


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
        subject.step(one, np.full(2, 10.0))
    assert subject.block.run[:2].tolist() == [3, 1]
    assert subject.block.runs[:2].tolist() == [0, 2]


def test_no_rows_are_no_trouble() -> None:
    """An empty step says nothing."""
    strength, began = rule().step(rows([]), np.empty(0))
    assert len(strength) == len(began) == 0
