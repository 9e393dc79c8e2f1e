"""What the simulated plant promises."""

from itertools import islice

import numpy as np
import pytest

from detector.domain import EventTime
from detector.lab.plant import CHANNELS, QUANTA, SENSORS, Floats, Plant


def life(plant: Plant, steps: int, cadence_s: float = 60.0) -> Floats:
    """Return (steps, N, F) readings from midnight on."""
    return np.stack(list(islice(plant.life(EventTime(0), cadence_s), steps)))


@pytest.fixture(scope="module")
def day() -> Floats:
    """Return a day of twelve pumps, a reading a minute."""
    return life(Plant(1, 12), 1440)


def correlation(first: Floats, second: Floats) -> float:
    """Return the median correlation over the pumps; (T, N) each."""
    pumps = range(first.shape[1])
    return float(np.median([np.corrcoef(first[:, pump], second[:, pump])[0, 1] for pump in pumps]))


def test_the_same_seed_is_the_same_plant() -> None:
    """Two plants of one seed and size live the same life."""
    assert np.array_equal(life(Plant(3, 5), 50), life(Plant(3, 5), 50))


def test_another_seed_is_another_plant() -> None:
    """Two seeds give different readings."""
    assert not np.array_equal(life(Plant(3, 5), 50), life(Plant(4, 5), 50))


def test_pumps_are_individuals(day: Floats) -> None:
    """No two pumps have the same mean flow."""
    means = day[:, :, CHANNELS.index("flow")].mean(axis=0)
    assert np.min(np.diff(np.sort(means))) > 0.0


def test_a_clean_plant_stays_within_its_sensors_scales(day: Floats) -> None:
    """Without faults nothing reads beyond the ends of its scale."""
    assert (day > [sensor.lowest for sensor in SENSORS]).all()
    assert (day < [sensor.highest for sensor in SENSORS]).all()


def test_readings_are_as_coarse_as_their_sensors(day: Floats) -> None:
    """Every reading is a whole number of the sensor's smallest differences."""
    steps = day / QUANTA
    assert np.abs(steps - np.round(steps)).max() < 1e-6


def test_pressure_follows_flow(day: Floats) -> None:
    """Pressure and flow of a pump rise and fall together."""
    assert correlation(day[:, :, CHANNELS.index("pressure")], day[:, :, CHANNELS.index("flow")]) > 0.9


def test_a_casing_warms_late(day: Floats) -> None:
    """Temperature follows the flow of a quarter of an hour ago better than that of a quarter of an hour ahead."""
    temperature, flow = day[:, :, CHANNELS.index("temperature")], day[:, :, CHANNELS.index("flow")]
    assert correlation(temperature[15:], flow[:-15]) > correlation(temperature[:-15], flow[15:])


def test_vibration_is_heavy_tailed(day: Floats) -> None:
    """Vibration's minute-to-minute changes have fatter tails than Gaussian ones, whose kurtosis is 3."""
    changes = np.diff(np.log(day[:, :, CHANNELS.index("vibration")]), axis=0)
    assert np.mean(changes**4) / np.mean(changes**2) ** 2 > 3.3


def test_the_cadence_does_not_change_the_physics() -> None:
    """A plant read every ten seconds spreads about as wide as one read every five minutes."""
    often = life(Plant(5, 40), 8640, 10.0).std(axis=0).mean(axis=0)
    seldom = life(Plant(5, 40), 288, 300.0).std(axis=0).mean(axis=0)
    assert np.allclose(often / seldom, 1.0, atol=0.3)


def test_deviations_are_those_of_the_readings(day: Floats) -> None:
    """The stated deviation of a channel is near the one that a day shows, pump by pump and channel by channel."""
    ratio = Plant(1, 12).deviations / day.std(axis=0)
    assert ratio.min() > 0.3
    assert ratio.max() < 3.0
