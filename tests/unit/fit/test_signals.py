"""The behaviours that a synthetic signal is made of."""

import numpy as np
import pytest

from detector.fit.signals import COMPONENTS, Component, daily, held, lagged, square_wave, thermostat
from detector.fit.timeline import Timeline, draw_timeline

ALL = pytest.mark.parametrize("component", [component for _, component in COMPONENTS], ids=lambda part: part.__name__)


def regular(length: int, cadence_s: float) -> Timeline:
    """Return a timeline as regular as a clock, from midnight on 1970-01-01."""
    return Timeline(np.arange(length, dtype=np.int64) * int(cadence_s * 1_000_000), cadence_s)


@ALL
@pytest.mark.parametrize("seed", range(10))
def test_every_behaviour_is_finite_and_as_long_as_its_timeline(component: Component, seed: int) -> None:
    """No behaviour overflows or loses a reading, on any timeline."""
    generator = np.random.default_rng(seed)
    values = component(generator, draw_timeline(generator, 400))
    assert values.shape == (400,)
    assert np.isfinite(values).all()


@ALL
def test_the_same_seed_gives_the_same_values(component: Component) -> None:
    """A behaviour draws from its generator and from nothing else."""
    first, again = (component(np.random.default_rng(5), regular(300, 60.0)) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("seed", range(8))
def test_a_daily_wave_repeats_every_day_on_working_days(seed: int) -> None:
    """From Thursday 1970-01-01 to Friday, a daily wave shows the same values an hour at a time."""
    wave = daily(np.random.default_rng(seed), regular(48, 3600.0))
    assert wave[:24] == pytest.approx(wave[24:])
    assert np.ptp(wave) > 0.0


def test_a_square_wave_has_two_levels() -> None:
    """A square wave stands at zero or at its height and nowhere between."""
    assert len(np.unique(square_wave(np.random.default_rng(1), regular(600, 10.0)))) == 2


def test_a_thermostat_keeps_within_its_limits() -> None:
    """After its first rise, the controlled value turns round near both limits, over and over."""
    wave = thermostat(np.random.default_rng(3), regular(2000, 10.0))
    turns = np.count_nonzero(np.diff(np.sign(np.diff(wave))))
    assert turns > 10
    assert np.ptp(wave[1000:]) == pytest.approx(np.ptp(wave[200:1000]), rel=0.5)


def test_held_levels_last_their_lengths() -> None:
    """Each level stands for its length, at least one reading, and the last is cut."""
    assert held(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, 9.0]), 5).tolist() == [1.0, 1.0, 2.0, 3.0, 3.0]


def test_a_lag_closes_its_share_of_the_distance_each_reading() -> None:
    """A first-order lag of one half halves the distance to a step, from rest."""
    assert lagged(np.ones(3), 0.5).tolist() == [0.5, 0.75, 0.875]
