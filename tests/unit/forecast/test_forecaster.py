"""The forecaster: each channel's memory, its forecast, and bounds that hold what they say."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.edge.model_file import load_model
from detector.forecast.forecaster import FIRST_FORECAST, LARGEST_STEP, Forecaster
from detector.forecast.network import Network
from detector.settings import HeadKind
from detector.state.rows import Forecast, Mask, Rows
from tests.fleet import untrained_network
from tests.rows import rows, series

BASE = load_model(Path(__file__).parents[3] / "models" / "base").network

STEPS, CHANNELS, SETTLED = 900, 30, 300


def forecaster(network: Network = BASE, channels: int = 1, head: HeadKind = HeadKind.RLS) -> Forecaster:
    """Return a forecaster that knows some channels and has read nothing."""
    subject = Forecaster(network, 604_800.0, head)
    subject.grow(channels)
    return subject


def nobody(one: Rows) -> Mask:
    """Return that no row is suspect."""
    return np.zeros(len(one.slots), np.bool_)


def remembered(subject: Forecaster) -> dict[tuple[str, str], NDArray[np.generic]]:
    """Return a copy of all that is remembered."""
    blocks = subject.blocks().items()
    return {(name, column): array.copy() for name, block in blocks for column, array in block.arrays().items()}


def kept(subject: Forecaster, values: NDArray[np.float64]) -> float:
    """Return the share of settled readings within the bounds, over all channels; values (T, B)."""
    within = []
    for one in series(values, gap_s=900.0):
        forecast = subject.predict(one)
        within.append((one.values >= forecast.lower) & (one.values <= forecast.upper))
        subject.learn(one, forecast, nobody(one))
    return float(np.mean(within[SETTLED:]))


def last_forecast(subject: Forecaster, values: NDArray[np.float64] | list[float]) -> Forecast:
    """Return the forecast of the last of these readings, all of which are then learnt."""
    forecasts = []
    for one in series(values):
        forecasts.append(subject.predict(one))
        subject.learn(one, forecasts[-1], nobody(one))
    return forecasts[-1]


def gaussian() -> NDArray[np.float64]:
    """Return plain noise (STEPS, CHANNELS)."""
    return 20.0 + 0.5 * np.random.default_rng(1).standard_normal((STEPS, CHANNELS))


def heavy_tailed() -> NDArray[np.float64]:
    """Return noise with three degrees of freedom."""
    return 20.0 + 0.5 * np.random.default_rng(2).standard_t(3, (STEPS, CHANNELS))


def seasonal() -> NDArray[np.float64]:
    """Return daily waves at a quarter of an hour, with noise."""
    phases = np.random.default_rng(3).uniform(0.0, 6.0, CHANNELS)
    return gaussian() + 5.0 * np.sin(2.0 * np.pi * np.arange(STEPS)[:, None] / 96.0 + phases)


def wandering() -> NDArray[np.float64]:
    """Return random walks."""
    return np.random.default_rng(4).standard_normal((STEPS, CHANNELS)).cumsum(axis=0)


@pytest.mark.parametrize("signal", [gaussian, heavy_tailed, seasonal, wandering])
@pytest.mark.parametrize(
    ("network", "head"),
    [(BASE, HeadKind.RLS), (BASE, HeadKind.LMS), (BASE, HeadKind.NONE), (untrained_network(), HeadKind.RLS)],
    ids=["rls", "lms", "none", "untrained"],
)
def test_the_bounds_hold_95_percent_of_the_readings(
    signal: Callable[[], NDArray[np.float64]], network: Network, head: HeadKind
) -> None:
    """Once settled, between 93 and 97 per cent lie within, on any noise, with any network and any head."""
    assert 0.93 <= kept(forecaster(network, CHANNELS, head), signal()) <= 0.97


def test_bounds_follow_when_the_noise_changes() -> None:
    """Noise that becomes four times as wide is held again, after the bounds had time to follow."""
    values = gaussian()
    values[200:] = 20.0 + 4.0 * (values[200:] - 20.0)
    assert 0.92 <= kept(forecaster(channels=CHANNELS), values) <= 0.98


def test_no_forecast_is_known_before_two_readings() -> None:
    """The first two readings have no forecast that means anything, and every later one has."""
    subject = forecaster()
    known = []
    for one in series([1.0, 2.0, 3.0, 4.0]):
        forecast = subject.predict(one)
        known.append(bool(forecast.known[0]))
        subject.learn(one, forecast, nobody(one))
    assert known == [False] * FIRST_FORECAST + [True, True]


def test_a_first_reading_leaves_the_memory_as_it_was() -> None:
    """Memory starts at the second reading, the first that has a past, as it does in training."""
    subject = forecaster()
    for step, one in enumerate(series([5.0, 6.0])):
        forecast = subject.predict(one)
        assert bool(subject.block.state[0].any()) == (step > 0)
        subject.learn(one, forecast, nobody(one))


def test_the_forecast_of_a_constant_is_that_constant() -> None:
    """After a hundred equal readings the forecast is that value to a millionth of it."""
    forecast = last_forecast(forecaster(), [20.0] * 100)
    assert forecast.expected[0] == pytest.approx(20.0, rel=1e-6)


PLAIN: dict[str, NDArray[np.floating]] = {
    "constant": np.full(600, 1e12),
    "two values": np.random.default_rng(6).integers(0, 2, 600) * 1e-12,
    "a ramp": np.arange(600) * 0.01,
    "zeros, then noise": np.concatenate([np.zeros(300), 1e12 * np.random.default_rng(7).standard_normal(300)]),
    "a spike of 1e150": np.where(np.arange(600) == 300, 1e150, 1.0),
}


@pytest.mark.parametrize("head", HeadKind)
@pytest.mark.parametrize("values", PLAIN.values(), ids=PLAIN)
def test_plain_and_monstrous_channels_keep_every_number_finite(values: NDArray[np.floating], head: HeadKind) -> None:
    """Nothing remembered or forecast is ever anything but a finite number."""
    subject = forecaster(head=head)
    forecast = last_forecast(subject, values.astype(np.float64))
    assert all(np.isfinite(array).all() for array in remembered(subject).values())
    assert np.isfinite([forecast.expected, forecast.lower, forecast.upper, forecast.scale]).all()


@pytest.mark.parametrize("size", [1e-12, 1e12])
def test_the_forecast_does_not_depend_on_the_unit_of_the_channel(size: float) -> None:
    """The same series in another unit has the same forecasts and bounds in that unit."""
    values = gaussian()[:200, 0]
    forecast = last_forecast(forecaster(channels=2), np.stack([values, values * size], axis=1))
    for column in (forecast.expected, forecast.lower, forecast.upper, forecast.usual, forecast.spread):
        assert column[1] / size == pytest.approx(column[0], rel=1e-4)


def test_a_forecast_never_leaps_beyond_belief() -> None:
    """Whatever the network says, the forecast stays within 200 step units of the last value."""
    wild = replace(untrained_network(), head_bias=np.array([1e6, 0.0, 0.0], np.float32))
    forecast = last_forecast(forecaster(wild, head=HeadKind.NONE), [1.0, 2.0, 1.0])
    assert forecast.expected[0] - 2.0 == pytest.approx(LARGEST_STEP * forecast.unit[0])


def test_each_channel_has_a_memory_of_its_own() -> None:
    """Stepping one channel leaves the others' rows alone."""
    subject = forecaster(channels=3)
    last_forecast(subject, np.ones((3, 3)) * [1.0, 2.0, 3.0])
    before = remembered(subject)
    one = rows([9.0])
    subject.learn(one, subject.predict(one), nobody(one))
    for name, array in remembered(subject).items():
        assert np.array_equal(array[1:], before[name][1:]), name


def test_growing_keeps_every_memory() -> None:
    """New channels change nothing for old ones."""
    subject = forecaster()
    last_forecast(subject, gaussian()[:50, 0])
    before = subject.block.state[0].copy()
    subject.grow(1000)
    assert np.array_equal(subject.block.state[0], before)
    assert not subject.block.state[1:1000].any()


def step_of(subject: Forecaster, value: float, step: int, *, suspect: bool) -> None:
    """Let the one channel read a value at a step of five minutes, under suspicion or not."""
    one = rows([value], gap_s=300.0, step=step)
    subject.learn(one, subject.predict(one), np.full(1, suspect))


def test_nothing_is_learnt_from_a_suspect_channel() -> None:
    """While a channel is suspect its scales, bounds, head and daily profile stay as they were; its last value does not."""
    subject = forecaster()
    for step, value in enumerate(gaussian()[:300, 0]):
        step_of(subject, value, step, suspect=False)
    before = remembered(subject)
    for step in range(300, 400):
        step_of(subject, 30.0, step, suspect=True)
    after = remembered(subject)
    for name in ("location", "deviation", "step"):
        assert after["scale", name] == before["scale", name]
    for name in ("width", "noise"):
        assert after["forecast", name] == before["forecast", name]
    assert np.array_equal(after["head", "weights"], before["head", "weights"])
    assert after["profile", "usual"].max() < 25.0
    assert after["scale", "last"] == 30.0


def test_what_lasts_for_a_day_is_the_new_normal() -> None:
    """A level that is suspect for three days is learnt from once a day of suspicion is over."""
    subject = forecaster()
    for step, value in enumerate(gaussian()[:300, 0]):
        step_of(subject, value, step, suspect=False)
    usual = float(subject.scale.location[0])
    for step in range(300, 300 + 3 * 288):
        step_of(subject, 22.0, step, suspect=True)
        if step < 300 + 280:
            assert subject.scale.location[0] == usual
    assert subject.scale.location[0] > usual + 0.1


def test_a_channel_with_a_head_learns_what_the_network_cannot_know() -> None:
    """On a private law of its own, heads are off by less than half of what the untrained network is."""
    values = [0.0, 1.0, 0.5]
    for _ in range(1500):
        values.append(0.9 * values[-1] - 0.95 * values[-2] + float(np.sin(len(values))))
    off = {}
    for head in HeadKind:
        subject, residuals = forecaster(untrained_network(), head=head), []
        for one in series(values, gap_s=300.0):
            forecast = subject.predict(one)
            residuals.append(abs(float(one.values[0] - forecast.expected[0])))
            subject.learn(one, forecast, nobody(one))
        off[head] = np.mean(residuals[500:])
    assert off[HeadKind.LMS] < 0.5 * off[HeadKind.NONE]
    assert off[HeadKind.RLS] < 0.75 * off[HeadKind.LMS]
