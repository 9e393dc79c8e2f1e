"""Spikes: one reading that jumps and comes back."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.texture import Texture
from tests.rows import series
from tests.texture import CADENCE_S, strangeness

DAY = round(86_400 / CADENCE_S)
PLACE = 3 * DAY
CLEAR = np.log1p(3.0)
"""Three usual jumps beyond those that are never strange: nobody would overlook them."""


def calm(channels: int = 1, *, seed: int = 5) -> NDArray[np.float64]:
    """Return three and a half days of white noise (T, channels)."""
    return np.random.default_rng(seed).standard_normal((PLACE + DAY // 2, channels))


def spikes(values: NDArray[np.float64], *, in_company: bool = False) -> NDArray[np.float64]:
    """Return the strangeness (T, B) of every row as a spike."""
    return strangeness(values, in_company=in_company)[2]


def test_a_spike_is_told_one_reading_later() -> None:
    """A reading ten times the noise away is strange when the next one has come back, and only then."""
    values = calm()
    values[PLACE] += 15.0
    found = spikes(values)[:, 0]
    assert found.argmax() == PLACE + 1
    assert found[PLACE + 1] > CLEAR > np.delete(found, PLACE + 1).max()


def test_the_deviation_of_a_spike_is_its_height() -> None:
    """The distance from the line through the neighbours has the spike's sign and the channel's unit."""
    subject = Texture()
    subject.grow(1)
    told = []
    for rows in series([0.0, 0.0, -7.0, 2.0]):
        view = subject.judge(rows, None)
        subject.learn(rows, view, view.shift.strangeness)
        told.append(view.spike.deviation[0])
    assert told == pytest.approx([0.0, 0.0, 3.5, -8.0])


def test_a_step_is_no_spike() -> None:
    """A jump without return is left to others."""
    values = calm()
    values[PLACE:] += 50.0
    assert spikes(values)[PLACE - 1 :].max() < CLEAR


def test_a_jump_counts_less_in_a_rough_hour() -> None:
    """The same jump is less strange when the last hour was full of them."""
    alone, among = calm(), calm()
    among[PLACE - 24 : PLACE] *= 5.0
    for values in (alone, among):
        values[PLACE - 1 : PLACE + 2, 0] = 0.0, 20.0, 0.0
    assert spikes(among)[PLACE + 1] < 0.5 * spikes(alone)[PLACE + 1]


def test_a_jump_counts_less_while_the_peers_are_rough() -> None:
    """The same jump is less strange when the other channels are rougher than they use to be."""
    lonely, shared = calm(5), calm(5)
    shared[PLACE - 24 :, 1:] *= 5.0
    for values in (lonely, shared):
        values[PLACE - 1 : PLACE + 2, 0] = 0.0, 20.0, 0.0
    found, shadowed = (spikes(values, in_company=True)[PLACE + 1, 0] for values in (lonely, shared))
    assert found > CLEAR
    assert np.expm1(shadowed) < 0.5 * np.expm1(found)


def test_a_switch_never_spikes() -> None:
    """A channel of two values has no jump larger than its usual one, however rarely it makes it."""
    generator = np.random.default_rng(9)
    for rate in (0.01, 0.1, 0.5):
        assert spikes((generator.random((PLACE, 1)) < rate).astype(np.float64)).max() <= 1.0


def test_a_channel_that_never_moved_does_not_spike() -> None:
    """A constant channel has no usual jump, so its first one is left to others."""
    values = np.full((PLACE + 10, 1), 21.5)
    values[PLACE] = 99.0
    assert not spikes(values).any()
