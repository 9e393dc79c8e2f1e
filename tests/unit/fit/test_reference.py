"""Reference tails: how rare each stream's values are over all channels together."""

import numpy as np
import pytest

from detector.anomaly.streams import Stream
from detector.anomaly.tails import RUNGS, Tails, assumed_reference
from detector.engine import CALIBRATED
from detector.fit.reference import reference_tails
from detector.forecast.series import Series
from tests.fleet import START, noise, untrained_network

MEMORY_S = 7 * 86_400.0
NETWORK = untrained_network()


def series(seed: int, count: int, cadence_s: float = 60.0, size: float = 0.5) -> Series:
    """Return one channel of Gaussian noise."""
    at_us = START + np.arange(count, dtype=np.int64) * round(cadence_s * 1e6)
    return Series(f"d{seed}", "t", at_us, np.array(noise(seed, count, size=size)))


def test_reference_tails_are_ladders_of_the_streams() -> None:
    """Rungs rise, and the tails above them have a length."""
    tails = reference_tails(NETWORK, [series(1, 300), series(2, 200)], MEMORY_S)
    assert tails.shape == (len(Stream), 2, RUNGS)
    assert tails.dtype == np.float32
    assert (np.diff(tails[:, 0], axis=1) > 0.0).all()
    assert (tails[:, 1] > 0.0).all()


def test_every_channel_weighs_the_same_however_long_it_is() -> None:
    """Two channels together give the mean of what each gives alone."""
    short, long = series(1, 150), series(2, 600, cadence_s=10.0)
    alone = [reference_tails(NETWORK, [one], MEMORY_S) for one in (short, long)]
    assert reference_tails(NETWORK, [short, long], MEMORY_S) == pytest.approx((alone[0] + alone[1]) / 2, abs=1e-6)


def test_series_too_short_to_settle_give_the_assumed_reference() -> None:
    """Without a settled reading nothing was measured; beside others, such a series does not count."""
    short = series(1, CALIBRATED)
    assert reference_tails(NETWORK, [short], MEMORY_S) == pytest.approx(assumed_reference(len(Stream)))
    longer = series(2, 200)
    assert np.array_equal(
        reference_tails(NETWORK, [short, longer], MEMORY_S), reference_tails(NETWORK, [longer], MEMORY_S)
    )


def test_the_same_series_give_the_same_tails() -> None:
    """Nothing is drawn by chance."""
    first, second = (reference_tails(NETWORK, [series(1, 200)], MEMORY_S) for _ in range(2))
    assert np.array_equal(first, second)


def test_the_unit_of_a_channel_does_not_matter() -> None:
    """A channel a thousand times larger has the same tails."""
    one = series(1, 300)
    scaled = Series("big", "t", one.at_us, one.values * 1024.0)
    assert np.array_equal(reference_tails(NETWORK, [one], MEMORY_S), reference_tails(NETWORK, [scaled], MEMORY_S))


def test_a_new_channel_may_borrow_them() -> None:
    """With them, a residual of half a deviation is ordinary and one of fifty deviations is rare."""
    tails = Tails(reference_tails(NETWORK, [series(seed, 400) for seed in range(5)], MEMORY_S).astype(float), MEMORY_S)
    tails.grow(1)
    ordinary, rare = (tails.rarity(np.zeros(1, np.intp), np.full((1, 3), np.log1p(z)))[0, 0] for z in (0.5, 50.0))
    assert ordinary < 0.5
    assert rare > 4.0
