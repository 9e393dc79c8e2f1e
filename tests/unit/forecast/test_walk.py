"""A forecaster's way through series."""

import numpy as np

from detector.forecast.forecaster import Forecaster
from detector.forecast.series import Series
from detector.forecast.walk import walk
from tests.fleet import START, noise, untrained_network


def series(seed: int, length: int) -> Series:
    """Return a channel of noise, a reading a minute."""
    return Series("pump", str(seed), START + np.arange(length) * 60_000_000, np.array(noise(seed, length)))


def forecaster() -> Forecaster:
    """Return a forecaster that has read nothing."""
    return Forecaster(untrained_network(), 604_800.0)


def test_every_reading_is_met_once_in_order() -> None:
    """Each series is walked from its first reading to its last, beside those that are longer."""
    met: dict[int, list[float]] = {0: [], 1: []}
    for rows, _, _ in walk(forecaster(), [series(1, 5), series(2, 8)]):
        for slot, value in zip(rows.slots.tolist(), rows.values.tolist(), strict=True):
            met[slot].append(value)
    assert met == {0: noise(1, 5), 1: noise(2, 8)}


def test_the_last_value_is_the_reading_before() -> None:
    """Beside each forecast stands the reading before it, as long as the step is looked at."""
    steps = list(walk(forecaster(), [series(1, 50)]))
    assert [float(step.last[0]) for step in steps[1:]] == [float(step.rows.values[0]) for step in steps[:-1]]


def test_a_forecast_knows_nothing_of_what_comes() -> None:
    """Forecasts of a series that is cut off are those of the whole one, and all readings are learnt in the end."""
    whole, cut = forecaster(), forecaster()
    expected = [step.forecast.expected[0] for step in walk(whole, [series(1, 60)])]
    assert [step.forecast.expected[0] for step in walk(cut, [series(1, 40)])] == expected[:40]
    assert (whole.scale.count[0], cut.scale.count[0]) == (60, 40)
