"""Forecasts against the last value."""

from dataclasses import replace

import numpy as np

from detector.fit.accuracy import forecast_ratio, locations
from detector.fit.dataset import Sequences
from detector.fit.network import TrainableNetwork
from detector.forecast.cell import CellKind
from detector.forecast.network import Network
from detector.forecast.scaling import FEATURES

GENERATOR = np.random.default_rng(1)
NETWORK = Network.from_tensors(CellKind.LSTM, TrainableNetwork(CellKind.LSTM, 4).tensors())
CONSTANT = replace(NETWORK, head_bias=np.array([0.5, 0.0, 0.0], dtype=np.float32))
"""Always forecasts a rise by half a step unit."""


def sequences(target: list[list[float]]) -> Sequences:
    """Return sequences with these targets, all counted, and features of no matter."""
    arrived = np.array(target, dtype=np.float32)
    features = GENERATOR.normal(size=(*arrived.shape, FEATURES)).astype(np.float32)
    return Sequences(features, arrived, np.ones(arrived.shape, dtype=np.bool_))


def test_an_untrained_network_is_as_good_as_the_last_value() -> None:
    """A network that expects no difference has a ratio of exactly one, and is better nowhere."""
    ratio = forecast_ratio(NETWORK, sequences([[1.0, -2.0], [3.0, 0.0]]))
    assert (ratio.median, ratio.pooled, ratio.better, ratio.series) == (1.0, 1.0, 0.0, 2)


def test_ratios_are_taken_by_series_and_over_all() -> None:
    """The median is over series; the pooled ratio weighs by how much each moves."""
    ratio = forecast_ratio(CONSTANT, sequences([[0.5, 0.5], [1.0, 1.0], [-4.0, -4.0]]))
    assert ratio.median == 0.5  # of 0, 0.5 and 1.125
    assert ratio.pooled == (0.0 + 1.0 + 9.0) / (1.0 + 2.0 + 8.0)
    assert ratio.better == 2 / 3


def test_steps_that_do_not_count_are_left_out() -> None:
    """Warm-up and padding change nothing."""
    given = sequences([[0.5, 100.0]])
    counted = np.array([[True, False]])
    assert forecast_ratio(CONSTANT, replace(given, counted=counted)).pooled == 0.0


def test_series_that_never_change_are_not_compared() -> None:
    """A flat series has no last-value error to compare with; it is neither better nor worse."""
    assert forecast_ratio(CONSTANT, sequences([[0.0, 0.0], [0.5, 0.5]])).series == 1
    assert forecast_ratio(CONSTANT, sequences([[0.0, 0.0]])).series == 0


def test_forecasts_carry_the_state_from_step_to_step() -> None:
    """The same features give another forecast once the network has a past."""
    network = replace(NETWORK, head_weights=np.ones((4, 3), dtype=np.float32))
    same = np.ones((1, 3, FEATURES), dtype=np.float32)
    assert len(np.unique(locations(network, same))) == 3
