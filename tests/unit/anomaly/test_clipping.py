"""The clipping rule: readings that pile up at the day's highest or lowest value."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.clipping import WATCHED_DAYS, ClippingRule
from tests.rows import rows

CADENCE_S = 300.0
PER_DAY = 288


def said(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return the strength and the side at each of one channel's readings, five minutes apart."""
    subject, cadence_s = ClippingRule(), np.array([CADENCE_S])
    subject.block.grow(1)
    told = [subject.step(rows([value], gap_s=CADENCE_S, step=step), cadence_s) for step, value in enumerate(values)]
    return np.concatenate([strength for strength, _ in told]), np.concatenate([side for _, side in told])


def weather(days: int, size: float = 0.8) -> NDArray[np.float64]:
    """Return days of a noisy swing about twenty."""
    hours = np.arange(days * PER_DAY) / 12.0
    return 20.0 + 3.0 * np.sin(hours / 24.0 * 2.0 * np.pi) + size * np.random.default_rng(1).standard_normal(len(hours))


@pytest.mark.parametrize("side", [1, -1])
def test_a_ceiling_and_a_floor_are_found_within_a_day(side: int) -> None:
    """A noisy value that comes back to the same extreme again and again, with gaps, is clipped on that side."""
    values = weather(12)
    wall = slice(10 * PER_DAY, None)
    values[wall] = np.minimum(values[wall], 22.5)
    strength, sides = said(20.0 + side * (values - 20.0))
    assert strength[: 10 * PER_DAY].max() < 1.0
    clipped = strength[10 * PER_DAY : 11 * PER_DAY + 1] >= 1.0
    assert clipped.any()
    assert (sides[10 * PER_DAY : 11 * PER_DAY + 1][clipped] == side).all()


@pytest.mark.parametrize("decimals", [0, 1, 2])
def test_rounded_values_are_not_clipped(decimals: int) -> None:
    """Whole degrees reach the day's highest many times every day; that is their habit."""
    assert said(np.round(weather(40), decimals))[0].max() < 1.0


def test_a_channel_that_rests_at_an_extreme_is_not_clipped() -> None:
    """A switch, and a gauge that stands at nothing for most of the day, have no wall."""
    gauge = np.maximum(weather(30) - 22.0, 0.0)
    assert said(gauge)[0].max() < 1.0
    assert said((weather(30) > 20.0).astype(float))[0].max() < 1.0


def test_a_constant_is_not_clipped() -> None:
    """It has been at both of its extremes for as long as it is known."""
    assert said(np.full(20 * PER_DAY, 3.0))[0].max() < 1.0


def test_nothing_is_said_before_a_week_was_seen() -> None:
    """However hard the wall is."""
    assert set(said(np.minimum(weather(WATCHED_DAYS - 1), 20.0))[0].tolist()) == {0.0}


@pytest.mark.parametrize("size", [2.0**-40, 2.0**40])
def test_the_unit_does_not_matter(size: float) -> None:
    """Scaled by a power of two, everything is said the same, to the last bit."""
    values = np.minimum(weather(10), 22.5)
    (plain, side), (scaled, scaled_side) = said(values), said(size * values)
    assert np.array_equal(plain, scaled)
    assert np.array_equal(side, scaled_side)


def test_no_rows_are_no_trouble() -> None:
    """An empty step says nothing."""
    strength, side = ClippingRule().step(rows([]), np.empty(0))
    assert len(strength) == len(side) == 0
