"""Laws of the texture organ: neither unit nor batch nor company in the batch changes what it says of a row."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.anomaly.texture import Texture
from detector.state.rows import Floats, Rows
from tests.fleet import START
from tests.texture import CADENCE_S, Everyone, strangeness

STEPS, CHANNELS = 90, 5


def readings(seed: int) -> NDArray[np.float64]:
    """Return channels (T, B): a coarse random walk with some spikes, in eighths."""
    generator = np.random.default_rng(seed)
    walk = np.cumsum(generator.integers(-3, 4, (STEPS, CHANNELS)), axis=0) / 8.0
    return walk + 4.0 * (generator.random((STEPS, CHANNELS)) < 0.03)


def played(values: NDArray[np.float64], cuts: list[int], slots: list[int]) -> NDArray[np.float64]:
    """Return noise, spike and shift (3, T, len(slots)) of readings that came one after another, in batches cut as told."""
    subject = Texture()
    subject.grow(CHANNELS)
    found: list[list[Floats]] = [[], [], []]
    for step, row in enumerate(values):
        bounds = sorted({0, len(slots), *(cut for cut in cuts if 0 < cut < len(slots))})
        for first, last in pairwise(bounds):
            rows = batch(row, np.array(slots[first:last]), step)
            view = subject.judge(rows, Everyone(rows.slots, CHANNELS))
            subject.learn(rows, view, view.shift.strangeness)
            found[0].append(view.noise.strangeness)
            found[1].append(view.spike.strangeness)
            found[2].append(view.shift.strangeness)
    return np.array([np.concatenate(column).reshape(len(values), -1) for column in found])


def batch(values: NDArray[np.float64], slots: NDArray[np.intp], step: int) -> Rows:
    """Return the rows of these channels at one step."""
    count, ones = len(slots), np.ones(len(slots), np.int64)
    at_us = np.full(count, START + round(step * CADENCE_S * 1e6), np.int64)
    return Rows(slots, values[slots], at_us, np.full(count, CADENCE_S if step else 0.0), ones, ones)


@settings(max_examples=8)
@given(seed=st.integers(0, 1000), cuts=st.lists(st.integers(1, CHANNELS - 1), max_size=CHANNELS))
def test_the_cut_of_the_stream_changes_nothing(seed: int, cuts: list[int]) -> None:
    """Channels that are compared with each other get the same bits however the stream is cut into batches."""
    values, everyone = readings(seed), list(range(CHANNELS))
    whole = played(values, [], everyone)
    assert whole.any()
    assert np.array_equal(played(values, cuts, everyone), whole)


@settings(max_examples=8)
@given(seed=st.integers(0, 1000), exponent=st.integers(-40, 40))
def test_the_unit_of_a_channel_changes_nothing(seed: int, exponent: int) -> None:
    """Values times a power of two give the same bits of strangeness."""
    values = readings(seed)
    for plain, scaled in zip(strangeness(values), strangeness(np.ldexp(values, exponent)), strict=True):
        assert np.array_equal(plain, scaled)


@settings(max_examples=8)
@given(seed=st.integers(0, 1000), offset=st.integers(-1000, 1000))
def test_the_zero_of_a_channel_changes_nothing(seed: int, offset: int) -> None:
    """Values plus a constant give the same bits of strangeness, where the sums are exact."""
    values = readings(seed)
    for plain, moved in zip(strangeness(values), strangeness(values + offset), strict=True):
        assert np.array_equal(plain, moved)


@settings(max_examples=8)
@given(seed=st.integers(0, 1000), at=st.integers(1, STEPS))
def test_later_readings_change_nothing(seed: int, at: int) -> None:
    """A stream that ends early got the same bits up to its end."""
    values = readings(seed)
    for whole, part in zip(strangeness(values), strangeness(values[:at]), strict=True):
        assert np.array_equal(whole[:at], part)


@pytest.mark.parametrize("size", [1e-150, 1e-12, 1.0, 1e12, 1e150])
def test_strangeness_is_finite_at_every_scale(size: float) -> None:
    """Flips, constants, ramps and noise of any size give finite numbers of at least 0."""
    generator, steps = np.random.default_rng(2), np.arange(400)
    shapes = (steps % 2, np.zeros(400), steps, generator.standard_normal(400), np.where(steps == 300, 1e6, steps % 7))
    values = size * np.clip(np.stack(shapes, axis=1) / 1e6, -1.0, 1.0)
    noise, ratio, spike = strangeness(values)
    assert np.isfinite(noise).all()
    assert np.isfinite(ratio).all()
    assert np.isfinite(spike).all()
    assert min(noise.min(), spike.min()) >= 0.0


def test_a_constant_channel_is_never_strange() -> None:
    """A channel that never moves is neither noisy nor quiet nor jumping."""
    for found in strangeness(np.full((2000, 2), 21.37)):
        assert not found.any()
