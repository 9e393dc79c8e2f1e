"""Jolts: what a reading shows of the one before it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.jolts import FARTHEST_CADENCES, HOUR_S, LONGEST_CADENCES, Jolt, Jolts, share
from tests.rows import rows

CADENCE_S = 10.0


def jolt_of(values: list[float], gaps_s: list[float] | None = None) -> Jolt:
    """Return the jolt that the last of these readings of one channel shows."""
    subject = Jolts()
    subject.block.grow(1)
    jolts = []
    for step, gap_s in enumerate([0.0, *(gaps_s or [CADENCE_S] * (len(values) - 1))]):
        one = rows([values[step]], gap_s=gap_s, step=step)
        jolts.append(subject.view(one))
        subject.learn(one, jolts[-1])
    return jolts[-1]


def test_a_straight_line_has_no_bend() -> None:
    """A steady rise is no jolt, even where readings come at uneven times."""
    jolt = jolt_of([0.0, 1.0, 4.0, 6.0], [CADENCE_S, 3 * CADENCE_S, 2 * CADENCE_S])
    assert jolt.away.tolist() == jolt.size.tolist() == jolt.back.tolist() == [0.0]
    assert jolt.weight_h[0] > 0.0


def test_a_spike_is_seen_when_it_returns() -> None:
    """The reading after a spike tells the spike's height and sign, and the smaller of its two sides."""
    jolt = jolt_of([1.0, 1.0, 1.0, -4.0, 2.0])
    assert jolt.away.tolist() == [-5.5]
    assert jolt.size.tolist() == [5.5]
    assert jolt.back.tolist() == [5.0]


def test_a_step_does_not_return() -> None:
    """A change that stays bends the line but comes not back."""
    jolt = jolt_of([1.0, 1.0, 1.0, 6.0, 6.0])
    assert jolt.size.tolist() == [2.5]
    assert jolt.back.tolist() == [0.0]


def test_nothing_is_said_across_a_gap() -> None:
    """Neighbours many cadences apart are not compared, nor the first two readings."""
    apart_s = 2.0 * FARTHEST_CADENCES * CADENCE_S
    across = jolt_of([0.0, 0.0, 0.0, 9.0, 0.0], [CADENCE_S, CADENCE_S, apart_s, apart_s])
    for jolt in (across, jolt_of([0.0, 9.0]), jolt_of([0.0])):
        assert jolt.size.tolist() == jolt.back.tolist() == jolt.weight_h.tolist() == [0.0]


def test_a_failing_link_is_not_a_slow_channel() -> None:
    """Gaps that grow one after another do not become the cadence, so what lies across them is not compared."""
    gaps_s = [CADENCE_S] * 40 + [3 * CADENCE_S, 7 * CADENCE_S, 14 * CADENCE_S, 60 * CADENCE_S]
    assert jolt_of([0.0] * 43 + [9.0, 0.0], gaps_s).weight_h.tolist() == [0.0]


def test_one_reading_after_a_gap_is_not_hours_of_evidence() -> None:
    """The hours for which a reading speaks are bounded by the cadence."""
    jolt = jolt_of([0.0, 1.0, 0.0], [CADENCE_S, 7 * CADENCE_S])
    assert jolt.weight_h == pytest.approx([LONGEST_CADENCES * CADENCE_S / HOUR_S])


def test_the_unit_is_the_usual_bend_of_a_channel_that_moves() -> None:
    """Readings without a bend do not shrink the unit, so a coarse quantum stays one."""
    rare = [float(step % 12 == 0) for step in range(200)]
    assert jolt_of(rare).unit == pytest.approx([2.0 / 3.0], rel=0.1)  # a blip bends the line by 1/2, 1 and 1/2


def test_a_channel_that_never_moved_has_no_unit() -> None:
    """Sizes in units of nothing are nothing."""
    jolt = jolt_of([5.0] * 10)
    assert jolt.in_units(np.array([3.0]), 100.0).tolist() == [0.0]


def test_an_outlier_hardly_moves_the_unit(generator: np.random.Generator) -> None:
    """A spike a million times larger than the bends is not the measure of the next ones."""
    calm = generator.standard_normal(400)
    wild = calm.copy()
    wild[398] = 1e6
    assert unit_after(wild) < 2.0 * unit_after(calm)


def unit_after(values: NDArray[np.float64]) -> float:
    """Return the unit after these readings, as the reading that follows them finds it."""
    return float(jolt_of([*values.tolist(), 0.0]).unit[0])


def test_a_mean_is_plain_at_first_and_forgets_in_hours_later() -> None:
    """The share of a row is its part of what was heard, but never less than forgetting asks for."""
    weight_h = np.array([0.5, 0.5, 0.0])
    assert share(weight_h, np.array([0.5, 1e6, 0.0]), 48.0) == pytest.approx([0.5, 0.5 / 48.0, 0.0], rel=0.02)


@pytest.fixture
def generator() -> np.random.Generator:
    """Return a seeded source of noise."""
    return np.random.default_rng(7)
