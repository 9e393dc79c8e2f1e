"""The scorer: streams calibrated by a channel's own past, summed, told while they are news."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.score import NOVELTY, SCORED_AFTER, SEVERITY_S, Judged, Scorer
from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from tests.rows import forecast, rows

CHANNELS = 20
WEEK_S = 7 * 86_400.0
GAP_S = 300.0


class Channels:
    """Channels side by side, forecast at 0, and what a scorer says of them."""

    def __init__(self, channels: int = CHANNELS) -> None:
        """Start with channels that have read nothing."""
        self.scorer = Scorer(assumed_reference(len(Stream)), WEEK_S)
        self.scorer.grow(channels)
        self.step = 0

    def judge(self, values: NDArray[np.float64] | list[float], *, usual: float = 0.0, expected: float = 0.0) -> Judged:
        """Score one reading of each channel and learn it."""
        one = rows(values, gap_s=GAP_S if self.step else 0.0, step=self.step)
        said = forecast(one, usual=usual, expected=expected, seen=self.step)
        said = replace(said, known=said.steps_seen >= 2)
        judged = self.scorer.score(one, said)
        self.scorer.learn(one, said, judged, np.zeros(len(values), np.bool_))
        self.step += 1
        return judged


def after(count: int, channels: int = 1, seed: int = 1) -> Channels:
    """Return channels that have read `count` values of noise."""
    subject, generator = Channels(channels), np.random.default_rng(seed)
    for _ in range(count):
        subject.judge(generator.standard_normal(channels))
    return subject


def test_noise_is_hardly_ever_strange() -> None:
    """On stationary noise the strangeness is about -log10 p, from a channel's second day on."""
    subject, generator = after(300, CHANNELS), np.random.default_rng(2)
    said = np.array([subject.judge(generator.standard_normal(CHANNELS)).strangeness for _ in range(1500)])
    assert (said > 2.0).mean() < 0.03
    assert (said > 3.0).mean() < 0.003


def test_scoring_changes_nothing() -> None:
    """A score is final before anything is learnt: asking twice says the same."""
    subject, one = after(100).scorer, rows([3.0], gap_s=GAP_S, step=100)
    first, second = (subject.score(one, forecast(one)).strangeness for _ in range(2))
    assert np.array_equal(first, second)


def test_nothing_is_strange_before_it_can_be_told() -> None:
    """In its first readings a channel has a strangeness of nothing, whatever it reads; then it has one."""
    assert after(SCORED_AFTER - 1).judge([1e9]).strangeness.tolist() == [0.0]
    assert after(SCORED_AFTER).judge([1e9]).strangeness[0] > 3.0


def test_a_fault_that_lasts_is_strange_all_along() -> None:
    """While a step lasts the strangeness stays up."""
    subject = after(1000)
    said = [subject.judge([8.0 + noise], expected=8.0) for noise in np.random.default_rng(3).standard_normal(6) / 9]
    assert all(one.strangeness[0] > 1.0 for one in said)


@pytest.mark.parametrize("value", [3.0, -3.0])
def test_a_far_residual_is_told_as_a_residual(value: float) -> None:
    """Where the forecast is missed by far, and nothing else is strange, the deviation is the residual's."""
    judged = after(1000).judge([value], expected=-3.0 * value)
    assert judged.dominant.tolist() == [Stream.RESIDUAL]
    assert judged.deviation.tolist() == [4.0 * value]


def test_a_new_extreme_is_told_as_novelty() -> None:
    """As forecast and near values that are common, but a tenth of the range beyond all that was read: new."""
    subject = Channels(1)
    for value in np.random.default_rng(5).uniform(-1.0, 1.0, 1000):
        subject.judge([float(value)])
    assert subject.judge([1.2], expected=1.2).dominant.tolist() == [NOVELTY]


def test_a_level_that_lasts_is_told_as_a_level() -> None:
    """Two deviations away, as forecast and within the range, reading after reading: the level has changed."""
    subject, generator = after(3000), np.random.default_rng(4)
    said = [subject.judge([2.0 + 0.1 * noise], expected=2.0) for noise in generator.standard_normal(60)]
    assert said[-1].dominant.tolist() == [Stream.LEVEL]
    assert said[-1].deviation[0] > 1.0


def test_severity_is_the_mean_strangeness_of_the_last_hour() -> None:
    """It grows while a fault lasts, and some hours after little of it is left."""
    subject = after(1000)
    during = [float(subject.judge([30.0]).severity[0]) for _ in range(3)]
    assert during == sorted(during)
    later = [float(subject.judge([0.0]).severity[0]) for _ in range(round(6 * SEVERITY_S / GAP_S))]
    assert later[-1] < 0.5 * during[-1]


@pytest.mark.parametrize(("suspect", "counted"), [(False, 1.0), (True, 0.1)])
def test_suspect_readings_hardly_move_the_tails(suspect: bool, counted: float) -> None:
    """The ladders of a channel under suspicion count a reading as a tenth; its scales count it in full."""
    subject = after(500).scorer
    experience, seen = float(subject.tails.block.experience[0]), int(subject.streams.block.seen[0])
    one = rows([4.0], gap_s=0.0, step=500)
    said = forecast(one)
    subject.learn(one, said, subject.score(one, said), np.array([suspect]))
    assert float(subject.tails.block.experience[0]) - experience == pytest.approx(counted)
    assert int(subject.streams.block.seen[0]) - seen == 1


def test_the_memory_of_a_channel_is_small() -> None:
    """All that the scorer remembers of a channel fits in a kilobyte."""
    blocks = Channels(1).scorer.blocks().values()
    assert sum(array.nbytes for block in blocks for array in block.arrays().values()) <= 1024


def test_leaving_the_range_counts_for_less_before_a_day_was_seen() -> None:
    """With one and the same past and reading, a channel that began an hour ago finds it less strange than an old one."""
    subject, one = after(100).scorer, rows([9.0], gap_s=GAP_S, step=100)
    told = []
    for age_s in (3_600.0, 86_400.0, 7 * 86_400.0):
        subject.streams.habit.block.since_us[0] = int(one.at_us[0]) - round(age_s * 1e6)
        told.append(float(subject.score(one, forecast(one, expected=9.0)).strangeness[0]))
    young, grown, old = told
    assert 0.0 < young < 0.7 * grown
    assert grown == pytest.approx(old)
