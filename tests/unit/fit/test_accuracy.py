"""Forecasts against the last value."""

import numpy as np
import pytest

from detector.fit.accuracy import compare, forecast_ratio
from detector.forecast.network import Network
from detector.forecast.scaling import FEATURES
from detector.forecast.series import Series
from detector.settings import HeadKind
from tests.fleet import START, noise, untrained_network

BLANK = Network.blank(FEATURES)


def series(values: list[float], cadence_s: float = 60.0) -> Series:
    """Return one channel."""
    at_us = START + np.arange(len(values), dtype=np.int64) * round(cadence_s * 1e6)
    return Series("pump", "t", at_us, np.array(values))


def test_a_network_that_expects_no_change_is_as_good_as_the_last_value() -> None:
    """Without a head its ratio is exactly one, and it is better nowhere."""
    ratio = forecast_ratio(BLANK, [series(noise(1, 100)), series(noise(2, 60))], HeadKind.NONE)
    assert (ratio.better, ratio.series) == (0.0, 2)
    assert (ratio.median, ratio.pooled) == pytest.approx((1.0, 1.0))


def test_a_head_alone_knows_noise_from_change() -> None:
    """On plain noise the best forecast is the mean, off by 0.707 of what the last value is; a head comes near."""
    ratio = forecast_ratio(BLANK, [series(noise(seed, 800)) for seed in range(5)], HeadKind.RLS)
    assert 0.70 < ratio.median < 0.76
    assert ratio.better == 1.0


def test_the_pooled_ratio_weighs_by_how_much_each_moves() -> None:
    """Of a channel that is forecast well and one that is not, the median is the mean and the pooled lies between."""
    ratios = [forecast_ratio(BLANK, [one], HeadKind.RLS) for one in (calm(), wild())]
    both = forecast_ratio(BLANK, [calm(), wild()], HeadKind.RLS)
    assert both.median == pytest.approx((ratios[0].median + ratios[1].median) / 2)
    assert min(one.pooled for one in ratios) < both.pooled < max(one.pooled for one in ratios)


def calm() -> Series:
    """Return noise around a level."""
    return series(noise(1, 400))


def wild() -> Series:
    """Return a random walk."""
    return series(np.cumsum(noise(2, 400, level=0.0)).tolist())


def test_series_that_never_change_are_not_compared() -> None:
    """A flat series has no last-value error to compare with; it is neither better nor worse."""
    assert forecast_ratio(BLANK, [series([20.0] * 50), calm()], HeadKind.NONE).series == 1
    assert forecast_ratio(BLANK, [series([20.0] * 50)], HeadKind.NONE).series == 0


def test_warm_up_does_not_count() -> None:
    """A jump among the first readings, before scales mean anything, leaves the ratio of a flat series undefined."""
    assert forecast_ratio(BLANK, [series([20.0] * 5 + [30.0] * 50)], HeadKind.NONE).series == 0


def test_the_comparison_has_the_network_and_what_heads_do_with_and_without_it() -> None:
    """Every row that a reader needs to see what the network is worth."""
    assert list(compare(untrained_network(), [calm()])) == ["autoregression", "network", "network, lms", "network, rls"]
