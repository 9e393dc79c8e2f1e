"""Roughness: noisier or quieter than usual, at this hour, in this company."""

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.roughness import FIRST_H
from tests.texture import CADENCE_S, strangeness

DAY = round(86_400 / CADENCE_S)
FAULT = slice(4 * DAY, 4 * DAY + round(2 * 3_600 / CADENCE_S))
"""Two hours after four days."""

CLEAR = 1.0
"""More than days of white noise show by chance."""


def noise(channels: int = 1, *, days: int = 5, seed: int = 5) -> NDArray[np.float64]:
    """Return white noise (T, channels)."""
    return np.random.default_rng(seed).standard_normal((days * DAY, channels))


def swing(*, period: int = DAY) -> NDArray[np.float64]:
    """Return five days of a smooth swing of a hundred units (T, 1)."""
    return 100.0 * np.sin(2.0 * np.pi * np.arange(5 * DAY) / period)[:, None]


def test_five_times_the_noise_on_a_smooth_signal_is_strange() -> None:
    """Noise is told within its two hours, with a log ratio above 0, and not before."""
    values = noise()
    values[FAULT] *= 5.0
    found, ratio, _ = strangeness(values + swing())
    assert found[FAULT].max() > CLEAR > 1.5 * found[DAY : FAULT.start].max()
    assert ratio[FAULT][-1] > 0.0


def test_a_smooth_swing_is_not_noise() -> None:
    """A swing a hundred times larger than the noise, of hours only, is not told."""
    values = noise()
    values[FAULT] += 100.0 * np.sin(np.linspace(0.0, np.pi, FAULT.stop - FAULT.start))[:, None]
    found, _, _ = strangeness(values)
    assert found[FAULT].max() < CLEAR / 2.0


def test_a_channel_gone_quiet_is_strange_in_the_other_direction() -> None:
    """A tenth of the usual noise for half a day is strange, with a log ratio below 0."""
    values = noise()
    values[FAULT.start : FAULT.start + DAY // 2] *= 0.1
    found, ratio, _ = strangeness(values)
    found, before = found[FAULT.start : FAULT.start + DAY // 2], found[DAY : FAULT.start]
    assert found.max() > 1.5 * before.max()
    assert ratio[FAULT][-1] < 0.0


def test_what_comes_at_this_hour_every_day_is_no_news() -> None:
    """An hour that is rough every day is less strange than the same roughness at another hour."""
    daily, once = noise(), noise()
    for values, days in ((daily, (0, 1, 2, 3, 4)), (once, (4,))):
        for day in days:
            values[FAULT.start % DAY + day * DAY :][: FAULT.stop - FAULT.start] *= 4.0
    assert strangeness(daily)[0][FAULT].max() < 0.75 * strangeness(once)[0][FAULT].max()


def test_what_most_peers_show_is_not_strange() -> None:
    """Noise in all channels at once is weather; in one of five it is that channel's own."""
    everywhere, one = noise(5, seed=6), noise(5, seed=6)
    everywhere[FAULT] *= 5.0
    one[FAULT, 2] *= 5.0
    shared, lonely = (strangeness(values, in_company=True)[0][FAULT] for values in (everywhere, one))
    assert lonely[:, 2].max() > CLEAR > 1.2 * shared.max()
    assert np.delete(lonely, 2, axis=1).max() < CLEAR / 2.0


def test_a_lasting_change_becomes_habit() -> None:
    """A channel that stays rougher is strange at first, and no longer after some days."""
    values = noise(days=12)
    values[FAULT.start :] *= 5.0
    found, _, _ = strangeness(values)
    assert found[FAULT].max() > CLEAR > found[-DAY:].max()


def test_nothing_is_known_in_the_first_hours() -> None:
    """A channel is not judged before it was heard for some hours."""
    values = noise()
    values[10:] *= 50.0
    found, ratio, _ = strangeness(values)
    first = int(FIRST_H * 3_600 / CADENCE_S)
    assert not found[:first].any()
    assert not ratio[:first].any()
    assert found[first : 2 * first].any()
