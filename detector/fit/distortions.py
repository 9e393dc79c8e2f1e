"""What a synthetic sensor makes of the plant: counting, quantising, clipping, spiking, repeating itself.

In: a generator and values (T,). Out: values (T,), as the sensor reports them.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Distortion = Callable[[np.random.Generator, Floats], Floats]


def exponential(generator: np.random.Generator, values: Floats) -> Floats:
    """Multiply instead of adding: bursts of traffic, loads, light."""
    bursts: Floats = np.exp(generator.uniform(0.3, 1.2) * standardised(values))
    return bursts


def counted(generator: np.random.Generator, values: Floats) -> Floats:
    """Count events whose rate the plant sets."""
    rate = generator.uniform(0.5, 20.0) * np.exp(generator.uniform(0.3, 1.0) * standardised(values))
    return generator.poisson(rate).astype(np.float64)


def spiked(generator: np.random.Generator, values: Floats) -> Floats:
    """Add rare spikes, one-sided, of one reading each, that are this sensor's normal."""
    places = generator.random(len(values)) < 10.0 ** generator.uniform(-3.0, -1.3)
    height = generator.choice((-1.0, 1.0)) * values.std() * generator.exponential(3.0, len(values))
    return np.where(places, values + height, values)


def clipped(generator: np.random.Generator, values: Floats) -> Floats:
    """End at the limits of the range of measurement."""
    low, high = np.quantile(values, (generator.uniform(0.0, 0.3), generator.uniform(0.7, 1.0)))
    reported: Floats = np.clip(values, low, high)
    return reported


def quantised(generator: np.random.Generator, values: Floats) -> Floats:
    """Report in steps of the converter, from fine to coarser than the noise."""
    step = (float(values.std()) + 1e-9) * 10.0 ** generator.uniform(-2.5, 0.0)
    reported: Floats = np.round(values / step) * step
    return reported


def repeated(generator: np.random.Generator, values: Floats) -> Floats:
    """Report the last value again where no new one was ready."""
    stale = generator.random(len(values)) < generator.uniform(0.1, 0.8)
    stale[0] = False
    source = np.maximum.accumulate(np.where(stale, 0, np.arange(len(values))))
    return values[source]


def standardised(values: Floats) -> Floats:
    """Return values of mean 0 and deviation 1, cut at 4 deviations."""
    shape: Floats = np.clip((values - values.mean()) / (values.std() + 1e-9), -4.0, 4.0)
    return shape


DISTORTIONS: tuple[tuple[float, Distortion], ...] = (
    (0.12, exponential),
    (0.12, counted),
    (0.15, spiked),
    (0.12, clipped),
    (0.30, quantised),
    (0.12, repeated),
)
"""How likely a sensor has each habit; applied in this order."""
