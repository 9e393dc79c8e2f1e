"""What a synthetic sensor makes of the plant."""

import numpy as np
import pytest

from detector.fit.distortions import DISTORTIONS, Distortion, clipped, counted, quantised, repeated, spiked

PLANT = np.sin(np.linspace(0.0, 30.0, 500)) + np.random.default_rng(0).normal(0.0, 0.1, 500)
SEEDS = pytest.mark.parametrize("seed", range(10))


@pytest.mark.parametrize("distortion", [distortion for _, distortion in DISTORTIONS], ids=lambda part: part.__name__)
@pytest.mark.parametrize("plant", [PLANT, np.full(500, 3.0), 1e6 * PLANT], ids=["moving", "still", "large"])
def test_every_sensor_habit_keeps_length_and_finiteness(distortion: Distortion, plant: np.ndarray) -> None:
    """No sensor habit overflows or loses a reading, not even on a plant that stands still."""
    values = distortion(np.random.default_rng(1), plant)
    assert values.shape == plant.shape
    assert np.isfinite(values).all()


@SEEDS
def test_counts_are_whole_and_not_negative(seed: int) -> None:
    """Counted events come in whole numbers from zero up."""
    values = counted(np.random.default_rng(seed), PLANT)
    assert np.array_equal(values, np.round(values))
    assert values.min() >= 0.0


@SEEDS
def test_clipping_stays_within_what_was_there_and_piles_up_at_its_limits(seed: int) -> None:
    """Clipped values never leave the plant's range, and at least one end is reached more than once."""
    values = clipped(np.random.default_rng(seed), PLANT)
    assert PLANT.min() <= values.min()
    assert values.max() <= PLANT.max()
    assert max(np.sum(values == values.min()), np.sum(values == values.max())) > 1


@SEEDS
def test_quantised_values_lie_on_a_grid_near_the_plant(seed: int) -> None:
    """Differences between reported levels are multiples of one step, and no value is off by more than half of it."""
    values = quantised(np.random.default_rng(seed), PLANT)
    step = np.diff(np.unique(values)).min()
    assert np.abs(values - PLANT).max() <= 0.5 * step + 1e-9
    assert np.diff(np.unique(values)) / step == pytest.approx(np.round(np.diff(np.unique(values)) / step), abs=1e-6)


@SEEDS
def test_repeats_report_only_what_was_reported_last(seed: int) -> None:
    """Each reading is either new or the same as the one before, and some are the same."""
    values = repeated(np.random.default_rng(seed), PLANT)
    fresh = values == PLANT
    assert np.array_equal(values[1:][~fresh[1:]], values[:-1][~fresh[1:]])
    assert not fresh.all()


@SEEDS
def test_spikes_are_rare_and_on_one_side(seed: int) -> None:
    """Few readings spike, all of them upwards or all of them downwards."""
    spikes = spiked(np.random.default_rng(seed), PLANT) - PLANT
    assert np.mean(spikes != 0.0) < 0.1
    assert np.all(spikes >= 0.0) or np.all(spikes <= 0.0)
