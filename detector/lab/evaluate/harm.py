"""What each kind of fault makes of the readings that it hits.

In: a fault, the clean stream, the places that it hits. Out: the values that are shown there instead.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.domain import HOUR
from detector.lab.evaluate.fault import SIZES, Fault, Injected
from detector.lab.evaluate.streams import Stream
from detector.state.rows import Floats

Hit = NDArray[np.intp]


def _shift(fault: Fault, stream: Stream, hit: Hit) -> Floats:
    """Add the full size at once."""
    return stream.values[hit] + fault.sign * SIZES[fault.kind] * stream.deviation


def _drift(fault: Fault, stream: Stream, hit: Hit) -> Floats:
    """Grow linearly from nothing to the full size."""
    share = (stream.at_us[hit] - fault.start) / (fault.end - fault.start)
    return stream.values[hit] + fault.sign * SIZES[fault.kind] * stream.deviation * share


def _noise(fault: Fault, stream: Stream, hit: Hit) -> Floats:
    """Add Gaussian noise."""
    drawn = np.random.default_rng([*fault.seed, 1]).standard_normal(len(hit))
    return stream.values[hit] + SIZES[fault.kind] * stream.median_step * drawn


def _spike(fault: Fault, stream: Stream, hit: Hit) -> Floats:
    """Add many median steps to one reading."""
    return stream.values[hit] + fault.sign * SIZES[fault.kind] * stream.median_step


def _stuck(_fault: Fault, stream: Stream, hit: Hit) -> Floats:
    """Repeat the value before."""
    return np.full(len(hit), stream.values[hit[0] - 1])


def _clipped(fault: Fault, stream: Stream, hit: Hit) -> Floats:
    """Show nothing above, or nothing below, the clean stream's median."""
    median = float(np.median(stream.values))
    return np.minimum(stream.values[hit], median) if fault.sign > 0 else np.maximum(stream.values[hit], median)


def _gain(fault: Fault, stream: Stream, hit: Hit) -> Floats:
    """Stretch, or shrink, the distance from the clean stream's mean."""
    mean = float(stream.values.mean())
    return mean + (1.0 + fault.sign * SIZES[fault.kind]) * (stream.values[hit] - mean)


def _break(_fault: Fault, stream: Stream, hit: Hit) -> Floats:
    """Show what was true a day before: each value is usual, but it no longer goes with other channels and peers."""
    day_before = np.searchsorted(stream.at_us, stream.at_us[hit] - 24 * HOUR, side="right") - 1
    return stream.values[np.maximum(day_before, 0)]


HARM: Final[Mapping[Injected, Callable[[Fault, Stream, Hit], Floats]]] = {
    Injected.STUCK: _stuck,
    Injected.STEP: _shift,
    Injected.SMALL_STEP: _shift,
    Injected.DRIFT: _drift,
    Injected.NOISE: _noise,
    Injected.SPIKE: _spike,
    Injected.CLIPPING: _clipped,
    Injected.GAIN: _gain,
    Injected.BREAK: _break,
}
"""What each kind makes of the readings that it hits; a dropout leaves none."""
