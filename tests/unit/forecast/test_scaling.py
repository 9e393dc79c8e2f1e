"""Location and scale of every channel, forgetting in wall-clock time, and the features made of them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.domain import MICROSECONDS
from detector.forecast.scaling import FEATURES, RELATIVE_FLOOR, WINSOR_AFTER, ScaleBlock, features
from detector.state.rows import DAY_S
from detector.state.slots import Slot

ONE = np.zeros(1, np.intp)
MIDNIGHT_S = 19_723 * 86_400
"""A Monday's midnight, UTC, is three days before: the epoch was a Thursday."""


def block_after(
    values: NDArray[np.float64] | list[float], *, gap_s: float = 60.0, memory_s: float = 604_800.0
) -> ScaleBlock:
    """Return the block of one channel that has seen these values, evenly spaced."""
    block = ScaleBlock(memory_s)
    block.grow(1)
    for step, value in enumerate(values):
        block.update(ONE, np.array([value]), np.array([gap_s if step else 0.0]))
    return block


def features_of(block: ScaleBlock, *, gap_s: float = 60.0, at_s: float = 0.0) -> NDArray[np.float32]:
    """Return the one channel's features before its next reading."""
    seen: NDArray[np.float32] = features(block.of(ONE), np.array([gap_s]), np.array([round(at_s * MICROSECONDS)]))[0]
    return seen


def noise(count: int, *, level: float = 0.0, size: float = 1.0) -> NDArray[np.float64]:
    """Return seeded Gaussian noise."""
    return level + size * np.random.default_rng(5).standard_normal(count)


def test_a_channel_that_was_never_read_has_features_of_nothing() -> None:
    """Before the first reading nothing is known but that nothing changed."""
    block = block_after([])
    assert features_of(block, gap_s=0.0, at_s=5e8).tolist() == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_the_first_reading_is_the_location_and_says_nothing_of_scale() -> None:
    """After one reading the location is that value; deviation and step are zero, their floors are not."""
    block = block_after([20.0])
    assert (block.location[0], block.deviation[0], block.step[0], block.last[0], block.count[0]) == (
        20.0,
        0,
        0,
        20.0,
        1,
    )
    assert block.of(ONE).spread[0] == block.of(ONE).unit[0] == pytest.approx(20.0 * RELATIVE_FLOOR)


def test_the_first_hundred_readings_weigh_the_same() -> None:
    """While the memory is long, the location is the plain mean of what was seen."""
    values = noise(30, level=5.0)
    assert block_after(values).location[0] == pytest.approx(values.mean())


def test_deviation_and_step_are_those_of_the_noise() -> None:
    """On Gaussian noise the mean deviation is 0.80 sigma and the mean step 1.13 sigma, within five per cent."""
    block = block_after(noise(4000, level=20.0, size=2.0))
    assert block.location[0] == pytest.approx(20.0, abs=0.1)
    assert block.deviation[0] == pytest.approx(2.0 * np.sqrt(2 / np.pi), rel=0.05)
    assert block.step[0] == pytest.approx(4.0 / np.sqrt(np.pi), rel=0.05)


@pytest.mark.parametrize("gap_s", [1.0, 60.0])
def test_half_of_the_past_is_forgotten_after_the_same_time_at_any_cadence(gap_s: float) -> None:
    """A level left behind has lost half its weight after ln 2 memories, whether a reading comes a second or a minute."""
    memory_s = 1200.0
    settled, moved = round(8 * memory_s / gap_s), round(memory_s * np.log(2) / gap_s)
    block = block_after(np.tile([-1.0, 1.0], settled // 2), gap_s=gap_s, memory_s=memory_s)
    started = float(block.location[0])
    for _ in range(moved):
        block.update(ONE, np.array([4.0]), np.array([gap_s]))
    assert (block.location[0] - started) / (4.0 - started) == pytest.approx(0.5, abs=0.02)


def test_one_reading_after_a_long_silence_is_still_one_reading() -> None:
    """After a month of silence one value moves the location by no more than ten readings' worth."""
    block = block_after(np.tile([-1.0, 1.0], 5000), gap_s=60.0, memory_s=6000.0)
    before = float(block.location[0])
    block.update(ONE, np.array([5.0]), np.array([30 * DAY_S]))
    assert block.location[0] - before == pytest.approx((5.0 - before) * -np.expm1(-600.0 / 6000.0))


def test_an_outlier_pulls_a_settled_channel_by_a_bounded_stretch() -> None:
    """After a thousand readings a value of a million moves location and deviation by a few hundredths of the spread."""
    calm = block_after(noise(1000))
    spread, step = float(calm.deviation[0]), float(calm.step[0])
    location = float(calm.location[0])
    calm.update(ONE, np.array([1e6]), np.array([60.0]))
    rate = 1 / 1001
    assert calm.location[0] - location == pytest.approx(8.0 * spread * rate)
    assert calm.deviation[0] == pytest.approx(spread + rate * 5.0 * spread)
    assert calm.step[0] == pytest.approx(step + rate * 7.0 * step)


def test_nothing_is_cut_before_the_channel_has_settled() -> None:
    """Among the first thirty readings every value counts in full, for nobody knows yet what is far."""
    block = block_after([0.0, 1.0] * (WINSOR_AFTER // 2))
    location = float(block.location[0])
    block.update(ONE, np.array([1000.0]), np.array([60.0]))
    assert block.location[0] - location == pytest.approx((1000.0 - location) / (WINSOR_AFTER + 1))


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12, 1e150])
def test_features_do_not_depend_on_the_unit_of_the_channel(size: float) -> None:
    """The same noise in any unit gives the same finite features."""
    plain, scaled = (features_of(block_after(noise(200) * factor)) for factor in (1.0, size))
    assert np.isfinite(scaled).all()
    assert scaled == pytest.approx(plain, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("value", [0.0, 1e-300, 1e-12, -1e12, 1e150])
def test_a_constant_channel_has_finite_features_and_a_unit(value: float) -> None:
    """A value that never changes has scales at their floor, above zero."""
    block = block_after([value] * 100)
    assert block.of(ONE).unit[0] > 0.0
    assert block.of(ONE).spread[0] > 0.0
    assert features_of(block)[:4].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_a_channel_that_comes_to_life_after_zeros_stays_finite() -> None:
    """A thousand zeros and then noise of any size gives finite statistics and features."""
    block = block_after([0.0] * 1000 + list(noise(50, size=1e12)))
    assert all(np.isfinite(column).all() for column in block.arrays().values())
    assert np.isfinite(features_of(block)).all()


def test_a_quantised_channel_has_a_unit_of_its_rare_steps() -> None:
    """A channel that seldom moves has a unit of at least three hundredths of its deviation."""
    block = block_after(np.repeat([20.0, 20.5] * 5, 100))
    assert block.of(ONE).unit[0] >= 0.03 * block.deviation[0] > 0.0


def test_the_cadence_is_learnt() -> None:
    """The cadence is the first gap, and follows when the gaps change."""
    block = block_after([1.0, 2.0], gap_s=10.0)
    assert block.cadence_s[0] == 10.0
    for _ in range(300):
        block.update(ONE, np.array([1.0]), np.array([30.0]))
    assert block.cadence_s[0] == pytest.approx(30.0, rel=0.01)


@pytest.mark.parametrize(("gap_s", "feature"), [(60.0, 0.0), (60.0 * np.e, 0.5), (1e9, 2.0), (1e-6, -1.0), (0.0, -1.0)])
def test_the_gap_feature_is_half_the_logarithm_of_cadences(gap_s: float, feature: float) -> None:
    """A gap of one cadence is 0; the feature is held between -1 and 2 whatever the gap."""
    assert features_of(block_after([1.0, 2.0, 3.0]), gap_s=gap_s)[8] == pytest.approx(feature, abs=1e-6)


def test_the_clock_features_turn_with_day_and_week() -> None:
    """At six in the morning the day's sine is 1; after a week both hands stand where they stood."""
    block = block_after([1.0, 2.0, 3.0])
    six = features_of(block, at_s=MIDNIGHT_S + DAY_S / 4)
    assert six[4:6] == pytest.approx([1.0, 0.0], abs=1e-6)
    later = features_of(block, at_s=MIDNIGHT_S + DAY_S / 4 + 7 * DAY_S)
    assert later == pytest.approx(six, abs=1e-5)


def test_a_fast_channel_has_no_clock() -> None:
    """Below twenty seconds between readings the clock features are zero."""
    assert features_of(block_after([1.0, 2.0, 3.0], gap_s=10.0), at_s=MIDNIGHT_S + 1e4)[4:8].tolist() == [0.0] * 4


def test_no_rows_are_no_trouble() -> None:
    """An empty step gives empty features and learns nothing."""
    block, nobody, nothing = ScaleBlock(1.0), np.empty(0, np.intp), np.empty(0)
    block.update(nobody, nothing, nothing)
    assert features(block.of(nobody), nothing, np.empty(0, np.int64)).shape == (0, FEATURES)


def test_a_stated_cadence_is_held_and_can_be_given_back() -> None:
    """Whatever the gaps are, the cadence stays as the operator states it; stated no more, it is learnt again."""
    block = ScaleBlock(604_800.0)
    block.grow(1)
    block.state_cadence(Slot(0), 60.0)
    for gap_s in (0.0, 10.0, 10.0):
        block.update(ONE, np.ones(1), np.full(1, gap_s))
    assert block.cadence_s[0] == 60.0
    block.state_cadence(Slot(0), None)
    for _ in range(500):
        block.update(ONE, np.ones(1), np.full(1, 10.0))
    assert block.cadence_s[0] == pytest.approx(10.0, rel=0.01)
