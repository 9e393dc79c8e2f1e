"""The three streams: residual, distance from the hour's habit, level."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.streams import (
    FARTHEST,
    FARTHEST_RESIDUAL,
    LEVEL_S,
    RESIDUAL_LIMIT,
    SCALE_FLOOR,
    SETTLED,
    Stream,
    Streams,
    View,
)
from tests.rows import forecast, rows

WEEK_S = 7 * 86_400.0
KNOWN = np.array([True])
NOISE = np.random.default_rng(1).standard_normal(1000)


def streams_after(values: list[float] | NDArray[np.float64], *, gap_s: float = 10.0) -> Streams:
    """Return the streams of one channel that has read these values, about a forecast and a usual value of 0."""
    subject = Streams(WEEK_S, 8 * WEEK_S)
    subject.grow(1)
    for value in values:
        one = rows([float(value)], gap_s=gap_s)
        subject.learn(one, subject.view(one, forecast(one)), KNOWN)
    return subject


def view(subject: Streams, value: float, *, gap_s: float = 10.0) -> View:
    """Return how a value looks about a forecast and a usual value of 0."""
    one = rows([value], gap_s=gap_s)
    return subject.view(one, forecast(one))


def test_streams_are_zero_where_all_is_as_forecast_and_as_usual() -> None:
    """A reading on its forecast and on its usual level is not strange in any view."""
    one = rows([3.0])
    seen = streams_after([]).view(one, forecast(one, expected=3.0, usual=3.0))
    assert seen.streams.tolist() == [[0.0, 0.0, 0.0]]
    assert seen.deviations.tolist() == [[0.0, 0.0, 0.0]]


def test_the_residual_keeps_its_sign_and_is_counted_in_step_units() -> None:
    """Six below a forecast, with a unit of two, is minus three."""
    one = rows([4.0])
    seen = streams_after([]).view(one, forecast(one, expected=10.0, unit=2.0))
    assert seen.residual.tolist() == [-3.0]
    assert seen.deviations[0, Stream.RESIDUAL] == -6.0


def test_the_residual_is_held_within_its_limit() -> None:
    """A reading a million units away says no more than one two hundred units away."""
    said = [view(streams_after([]), value).streams[0, Stream.RESIDUAL] for value in (1e6, RESIDUAL_LIMIT)]
    assert said[0] == said[1]


def test_the_surprise_is_in_the_channels_own_standard_deviations() -> None:
    """After residuals of size one, a residual of ten is log(1 + 10 / (1.25 + floor))."""
    seen = view(streams_after([1.0, -1.0] * 100), 10.0).streams
    assert seen[0, Stream.RESIDUAL] == pytest.approx(np.log1p(10.0 / (1.25 + SCALE_FLOOR)), rel=1e-3)


def test_distances_have_no_scale_before_they_have_settled() -> None:
    """In a channel's first readings neither hour nor level is strange; then the hour may be."""
    young, grown = (view(streams_after(NOISE[:count]), 50.0).streams[0] for count in (SETTLED - 1, SETTLED))
    assert young[Stream.HOUR] == young[Stream.LEVEL] == 0.0
    assert grown[Stream.HOUR] > 3.0


def test_the_distance_from_the_hour_is_in_its_own_standard_deviations() -> None:
    """Ten away where the standard deviation is one is log(1 + 10 / (1 + floor)), on either side."""
    for value in (10.0, -10.0):
        seen = view(streams_after(NOISE), value)
        assert seen.streams[0, Stream.HOUR] == pytest.approx(np.log1p(10.0 / (1.0 + SCALE_FLOOR)), rel=0.03)
        assert seen.deviations[0, Stream.HOUR] == pytest.approx(value, abs=0.2)


def test_a_single_far_reading_is_no_other_level() -> None:
    """One reading moves the level by no more than its share of ten standard deviations, however far it is."""
    gap_s = 60.0
    subject = streams_after(NOISE, gap_s=gap_s)
    before, after = subject.block.slow[0], view(subject, 1e12, gap_s=gap_s).aways[0, 1]
    assert after - before == pytest.approx(FARTHEST * gap_s / LEVEL_S, rel=0.1)


@pytest.mark.parametrize("gap_s", [60.0, 900.0])
def test_a_lasting_change_comes_through_in_hours_at_any_cadence(gap_s: float) -> None:
    """Three hours after a step of three, two thirds of it have reached the level."""
    subject = streams_after(NOISE, gap_s=gap_s)
    before = float(subject.block.slow[0])
    for _ in range(round(LEVEL_S / gap_s)):
        one = rows([3.0], gap_s=gap_s)
        subject.learn(one, subject.view(one, forecast(one)), KNOWN)
    assert (subject.block.slow[0] - before) / (3.0 - before) == pytest.approx(1.0 - np.exp(-1.0), abs=0.01)


def test_an_outlier_moves_the_scales_by_a_bounded_stretch() -> None:
    """A reading of a million counts as six scales in the residual's, and as ten deviations in the distance's."""
    subject = streams_after(NOISE)
    scale, variance = float(subject.block.scale[0]), float(subject.block.variance[0, 0])
    one = rows([1e6])
    subject.learn(one, subject.view(one, forecast(one)), KNOWN)
    share = 1.0 / (len(NOISE) + 1)
    assert subject.block.scale[0] - scale == pytest.approx((FARTHEST_RESIDUAL - 1.0) * share * scale, rel=0.01)
    assert subject.block.variance[0, 0] < variance * (1.0 + 1.1 * FARTHEST**2 * share)


def test_a_channel_without_noise_is_surprised_within_measure() -> None:
    """After a thousand readings of zero, a reading one step away is large and finite in every view."""
    seen = view(streams_after([0.0] * 1000), 1.0).streams
    assert seen[0, : Stream.LEVEL].tolist() == pytest.approx([np.log1p(1.0 / SCALE_FLOOR)] * 2)


def test_a_view_changes_nothing() -> None:
    """Looking twice says the same."""
    subject = streams_after(NOISE)
    assert np.array_equal(view(subject, 3.0).streams, view(subject, 3.0).streams)


def test_a_reading_without_a_forecast_leaves_no_mark() -> None:
    """A channel's first readings, of which nothing was expected, are not strange and are not learnt."""
    subject, one = streams_after([]), rows([20.0])
    seen = subject.view(one, replace(forecast(one), known=~KNOWN))
    assert seen.streams.tolist() == [[0.0, 0.0, 0.0]]
    subject.learn(one, seen, ~KNOWN)
    assert (subject.block.scale[0], int(subject.block.seen[0])) == (0.0, 0)
