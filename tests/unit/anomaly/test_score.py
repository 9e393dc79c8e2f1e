"""The scorer: streams calibrated by a channel's own past, summed and calibrated again."""

import numpy as np
import pytest

from detector.anomaly.score import Scorer
from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.state.rows import Forecast, Rows
from tests.rows import forecast, rows

CHANNELS = 40


def scorer(channels: int = CHANNELS) -> Scorer:
    """Return a scorer that has learnt nothing."""
    subject = Scorer(assumed_reference(len(Stream) + 1), 1e12)
    subject.grow(channels)
    return subject


def step(subject: Scorer, values: np.ndarray[tuple[int], np.dtype[np.float64]], *, settled: bool = True) -> list[float]:
    """Score one reading of each channel about a forecast of 0, learn it, and return the rarities."""
    one: Rows = rows(values)
    said: Forecast = forecast(one)
    strange = subject.score(one, said)
    subject.learn(one, strange, np.full(len(values), settled), np.zeros(len(values), np.bool_))
    return [float(rarity) for rarity in strange.rarity]


def test_the_fused_rarity_is_calibrated_on_the_channels_own_past() -> None:
    """On stationary noise one or two readings in a hundred are called rarer than one in a hundred."""
    subject, generator = scorer(), np.random.default_rng(1)
    said = [step(subject, generator.standard_normal(CHANNELS)) for _ in range(1500)]
    settled = np.array(said[500:])
    assert 0.005 <= (settled > 2.0).mean() <= 0.02
    assert (settled > 4.0).mean() <= 0.0005


def test_scoring_changes_nothing() -> None:
    """A score is final before anything is learnt: asking twice says the same."""
    subject, generator = scorer(), np.random.default_rng(2)
    for _ in range(50):
        step(subject, generator.standard_normal(CHANNELS))
    one = rows(generator.standard_normal(CHANNELS))
    first, second = (subject.score(one, forecast(one)).rarity for _ in range(2))
    assert np.array_equal(first, second)


def test_nothing_is_counted_before_a_channel_has_settled() -> None:
    """In warm-up the tails stay empty; the residual scale is learnt all the same."""
    subject = scorer(1)
    for _ in range(10):
        step(subject, np.ones(1), settled=False)
    assert subject.tails.block.counts[0].sum() == subject.sum_tails.block.counts[0].sum() == 0.0
    assert subject.streams.block.scale[0] > 0.0


@pytest.mark.parametrize(("usual", "dominant"), [(12.0, Stream.RESIDUAL), (-1000.0, Stream.LEVEL)])
def test_the_strangest_stream_is_named(usual: float, dominant: Stream) -> None:
    """A far residual is told as a residual; a far level as a level."""
    subject, generator = scorer(1), np.random.default_rng(3)
    for _ in range(200):
        step(subject, generator.standard_normal(1))
    one = rows([12.0 if dominant is Stream.RESIDUAL else 0.5])
    assert subject.score(one, forecast(one, usual=usual)).dominant.tolist() == [dominant]
