"""The three streams: residual, unrest, level."""

from dataclasses import replace

import numpy as np
import pytest

from detector.anomaly.streams import FARTHEST, RESIDUAL_LIMIT, SCALE_FLOOR, SHORT_STEPS, Stream, Streams
from tests.rows import forecast, rows

TRUSTED = np.array([True])


def streams_after(residuals: list[float], *, trusted: bool = True) -> Streams:
    """Return the streams of one channel that has seen these residuals, in step units."""
    subject = Streams(1000)
    subject.block.grow(1)
    for value in residuals:
        one = rows([value])
        subject.learn(one.slots, subject.view(one, forecast(one)), np.array([trusted]))
    return subject


def test_streams_are_zero_where_all_is_as_forecast_and_as_usual() -> None:
    """A reading on its forecast and on its usual level is not strange in any view."""
    one = rows([3.0])
    view = streams_after([]).view(one, forecast(one, expected=3.0, usual=3.0))
    assert view.streams.tolist() == [[0.0, 0.0, 0.0]]
    assert view.residual.tolist() == [0.0]


def test_the_residual_keeps_its_sign_and_is_counted_in_step_units() -> None:
    """Six below a forecast, with a unit of two, is minus three."""
    one = rows([4.0])
    assert streams_after([]).view(one, forecast(one, expected=10.0, unit=2.0)).residual.tolist() == [-3.0]


def test_the_residual_is_held_within_its_limit() -> None:
    """A reading a million units away says no more than one two hundred units away."""
    far, limit = rows([1e6]), rows([RESIDUAL_LIMIT])
    said = [streams_after([]).view(one, forecast(one)).streams[0, :2] for one in (far, limit)]
    assert np.array_equal(said[0], said[1])


def test_the_surprise_is_in_the_channels_own_standard_deviations() -> None:
    """After residuals of size one, a residual of ten is log(1 + 10 / (1.25 + floor))."""
    one = rows([10.0])
    seen = streams_after([1.0, -1.0] * 100).view(one, forecast(one)).streams
    assert seen[0, Stream.RESIDUAL] == pytest.approx(np.log1p(10.0 / (1.25 + SCALE_FLOOR)), rel=1e-3)


def test_unrest_is_the_mean_surprise_of_the_last_readings() -> None:
    """One residual after a long calm moves the unrest by a tenth of the way to its surprise."""
    subject = streams_after([1.0, -1.0] * 100)
    calm = float(subject.block.unrest[0])
    one = rows([10.0])
    seen = subject.view(one, forecast(one)).streams
    assert seen[0, Stream.UNREST] == pytest.approx(calm + (seen[0, Stream.RESIDUAL] - calm) / SHORT_STEPS)


def test_the_level_is_the_distance_from_the_usual_in_mean_deviations() -> None:
    """Eight away with a mean deviation of four is log(1 + 2), on either side."""
    for value in (18.0, 2.0):
        one = rows([value])
        seen = streams_after([]).view(one, forecast(one, usual=10.0, spread=4.0)).streams
        assert seen[0, Stream.LEVEL] == pytest.approx(np.log(3.0))


def test_a_single_far_reading_is_no_other_level() -> None:
    """After a long life at the usual level, one reading counts for at most a tenth of the farthest distance."""
    subject = streams_after([0.0] * 100)
    one = rows([1e6])
    view = subject.view(one, forecast(one))
    assert view.away.tolist() == [FARTHEST / SHORT_STEPS]
    assert view.streams[0, Stream.LEVEL] == pytest.approx(np.log1p(FARTHEST / SHORT_STEPS))


def test_a_lasting_change_of_level_adds_up() -> None:
    """The same distance, reading after reading, comes through in full and keeps its sign."""
    subject = streams_after([-3.0] * 200)
    one = rows([-3.0])
    assert subject.view(one, forecast(one)).away[0] == pytest.approx(-3.0, rel=1e-3)


def test_readings_that_are_not_trusted_move_the_unrest_alone() -> None:
    """While a row is suspect, the residual scale stands still and unrest goes on."""
    subject = streams_after([1.0, -1.0] * 100)
    scale, unrest = float(subject.block.scale[0]), float(subject.block.unrest[0])
    one = rows([50.0])
    subject.learn(one.slots, subject.view(one, forecast(one)), ~TRUSTED)
    assert subject.block.scale[0] == scale
    assert subject.block.unrest[0] > unrest


def test_an_outlier_moves_the_scale_by_a_bounded_stretch() -> None:
    """A residual of two hundred counts as one of six scales."""
    subject = streams_after([1.0, -1.0] * 1000)
    scale = float(subject.block.scale[0])
    one = rows([200.0])
    subject.learn(one.slots, subject.view(one, forecast(one)), TRUSTED)
    assert subject.block.scale[0] - scale == pytest.approx(5.0 * scale / 1000, rel=1e-3)


def test_a_channel_without_noise_is_surprised_within_measure() -> None:
    """After a thousand residuals of zero, a residual of one step is large and finite."""
    one = rows([1.0])
    seen = streams_after([0.0] * 1000).view(one, forecast(one)).streams
    assert seen[0, Stream.RESIDUAL] == pytest.approx(np.log1p(1.0 / SCALE_FLOOR))


def test_a_view_changes_nothing() -> None:
    """Looking twice says the same."""
    subject, one = streams_after([1.0, -2.0]), rows([3.0])
    assert np.array_equal(subject.view(one, forecast(one)).streams, subject.view(one, forecast(one)).streams)


def test_a_reading_without_a_forecast_has_no_residual() -> None:
    """A channel's first readings, of which nothing was expected, leave no mark on its residual scale."""
    one = rows([20.0])
    view = streams_after([]).view(one, replace(forecast(one), known=np.array([False])))
    assert view.residual.tolist() == [0.0]
    assert view.streams[0, Stream.RESIDUAL] == 0.0
