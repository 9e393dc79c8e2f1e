"""What a synthetic plant does: one small function for each kind of behaviour; a signal is the sum of some of them.

In: a generator and a timeline. Out: values (T,) float64 of the order of one; `corpus` gives them location and scale.
"""

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from detector.domain import DAY_S
from detector.fit.timeline import Timeline

Floats = NDArray[np.float64]
Component = Callable[[np.random.Generator, Timeline], Floats]

TURN = 2.0 * np.pi


def harmonics(generator: np.random.Generator, turns: Floats) -> Floats:
    """Return a random wave with one to five harmonics that fade as 1/k. Shapes: turns (T,) in periods."""
    wave = np.zeros(len(turns))
    for k in range(1, int(generator.integers(2, 7))):
        wave += generator.normal() / k * np.sin(TURN * (k * turns + generator.random()))
    return wave


def daily(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Follow the hour of day; some have quieter weekends, some stand nearly still for most of the day."""
    days = timeline.seconds / DAY_S
    wave: Floats = harmonics(generator, days)
    if generator.random() < 0.3:
        wave = np.exp(0.7 * wave)
    if generator.random() < 0.5:
        weekend = np.isin((np.floor(days) + 4) % 7, (0, 6))  # day 0 of the epoch was a Thursday
        wave = wave * np.where(weekend, generator.uniform(0.1, 1.0), 1.0)
    return wave * generator.uniform(0.3, 3.0)


def rhythm(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Repeat with a period of the machine's own, of 6 to 600 readings."""
    period = 6.0 * 100.0 ** generator.random()
    return harmonics(generator, timeline.position / period) * generator.uniform(0.3, 2.0)


def square_wave(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Switch between two levels, as regular as a timer."""
    period = 6.0 * 50.0 ** generator.random()
    phase: Floats = np.mod(timeline.position / period + generator.random(), 1.0)
    return np.where(phase < generator.uniform(0.1, 0.9), generator.uniform(0.5, 4.0), 0.0)


def duty_cycle(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Switch on and off as demand has it; half of them reach the new level by a first-order lag."""
    on, off = generator.uniform(5.0, 200.0, 2)
    irregular = generator.random() < 0.5
    lengths: Floats = np.empty(len(timeline))
    for part, mean in ((slice(0, None, 2), on), (slice(1, None, 2), off)):
        count = len(lengths[part])
        lengths[part] = generator.exponential(mean, count) if irregular else generator.normal(mean, 3.0, count)
    wave = held(np.resize((0.0, 1.0), len(timeline)), lengths, len(timeline))
    if generator.random() < 0.5:
        wave = lagged(wave, generator.uniform(0.02, 0.5))
    return wave * generator.uniform(0.5, 4.0)


def thermostat(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Heat up to one limit and cool down to another, by a controller with hysteresis."""
    heating, cooling = generator.uniform(0.01, 0.3, 2)
    ambient, source = -generator.uniform(0.5, 4.0), 1.0 + generator.uniform(0.5, 4.0)
    disturbance = generator.normal(0.0, generator.uniform(0.0, 0.05), len(timeline))
    wave, level, on = np.empty(len(timeline)), 0.0, True
    for step in range(len(timeline)):
        level += (heating * (source - level) if on else cooling * (ambient - level)) + disturbance[step]
        on = level < 1.0 if on else level < 0.0
        wave[step] = level
    return wave * generator.uniform(0.5, 3.0)


def regimes(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Stand at one level, then at another, for 100 to 1,500 readings in the mean."""
    lengths = generator.exponential(generator.uniform(100.0, 1500.0), len(timeline))
    levels = generator.normal(0.0, generator.uniform(0.2, 2.0), len(timeline))
    return held(levels, lengths, len(timeline))


def trend(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Go steadily up or down."""
    return np.linspace(0.0, 3.0 * generator.normal(), len(timeline))


def random_walk(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Wander without a home; some keep their momentum for a while, as heavy masses do."""
    strides = generator.normal(0.0, generator.uniform(0.005, 0.1), len(timeline))
    if generator.random() < 0.4:
        strides = lagged(strides, generator.uniform(0.05, 0.8))
    return np.cumsum(strides)


def white_noise(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Add what a sensor adds: independent, Gaussian or heavy-tailed, sometimes louder at times."""
    size: float = 10.0 ** generator.uniform(-2.5, 0.2)
    return size * shocks(generator, len(timeline)) * volatility(generator, timeline)


def coloured_noise(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Add what a plant adds: fluctuations that return to their mean in one to a hundred readings."""
    memory = generator.uniform(-0.3, 0.98)
    size: float = 10.0 ** generator.uniform(-2.0, 0.2)
    size *= sqrt((1.0 + memory) / (1.0 - memory))  # lagging calms; undo that
    return size * lagged(shocks(generator, len(timeline)), 1.0 - memory) * volatility(generator, timeline)


def shocks(generator: np.random.Generator, count: int) -> Floats:
    """Return independent draws: Gaussian, or Student-t with 2.5 to 6 degrees of freedom."""
    if generator.random() < 0.6:
        return generator.standard_normal(count)
    return generator.standard_t(generator.uniform(2.5, 6.0), count)


def volatility(generator: np.random.Generator, timeline: Timeline) -> Floats:
    """Return a positive factor for noise: mostly one; else a wave, by the hour of day or by a period of its own."""
    kind = generator.random()
    if kind < 0.75:
        return np.ones(len(timeline))
    turns = timeline.seconds / DAY_S if kind < 0.88 else timeline.position / generator.uniform(50.0, 1000.0)
    wave: Floats = np.exp(generator.uniform(0.3, 1.5) * np.sin(TURN * (turns + generator.random())))
    return wave


def held(levels: Floats, lengths: Floats, count: int) -> Floats:
    """Return each level held for its length, at least one reading, and cut at `count`."""
    return np.repeat(levels, np.maximum(1, lengths).astype(np.int64))[:count]


def lagged(wave: Floats, share: float) -> Floats:
    """Return the first-order lag y += share (x - y), from rest."""
    lag, level = np.empty(len(wave)), 0.0
    for step, value in enumerate(wave):
        level += share * (value - level)
        lag[step] = level
    return lag


COMPONENTS: tuple[tuple[float, Component], ...] = (
    (0.50, daily),
    (0.20, rhythm),
    (0.15, square_wave),
    (0.20, duty_cycle),
    (0.12, thermostat),
    (0.35, regimes),
    (0.25, trend),
    (0.40, random_walk),
    (0.50, coloured_noise),
    (0.95, white_noise),
)
"""How likely a signal has each behaviour."""
