"""Law: a channel with nothing to tell tells nothing: finite scores, and no alert of its own making."""

import math
from typing import Any

import numpy as np
import pytest

from detector.domain import Reading
from tests.fleet import engine, merged, noise, readings, reports

STEPS = 900
"""Three days of a reading every five minutes."""

CADENCE_S = 300.0

PLAIN = {
    "constant": [21.5] * STEPS,
    "zero": [0.0] * STEPS,
    "constant and huge": [1e12] * STEPS,
    "constant and tiny": [1e-12] * STEPS,
    "two values in turn": [float(step % 2) for step in range(STEPS)],
    "two values by chance": [float(value) for value in np.random.default_rng(1).integers(0, 2, STEPS)],
    "a noise-free ramp": [0.01 * step for step in range(STEPS)],
    "a noise-free day": [20.0 + math.sin(2.0 * math.pi * step * CADENCE_S / 86400.0) for step in range(STEPS)],
    "a single reading": [4.2],
}


def said(streams: dict[str, list[float]], **sections: Any) -> tuple[list[float], list[str]]:
    """Return every number of the reports on these devices, and the summaries of all alert events."""
    stream = merged(*(readings(device, values, cadence_s=CADENCE_S) for device, values in streams.items()))
    numbers: list[float] = []
    told: list[str] = []
    for report in reports(engine(**sections), stream):
        numbers += np.concatenate(
            [report.score, report.threshold, report.expected, report.lower, report.upper]
        ).tolist()
        told += [event.summary for event in report.events]
    return numbers, told


@pytest.mark.parametrize("group", ["none", "plain"])
def test_plain_channels_never_alert(group: str) -> None:
    """Each alone, or compared with the others though they have nothing in common: finite numbers and no alert."""
    numbers, told = said(PLAIN, sensors=[{"name": "fleet", "group": group}])
    assert np.isfinite(numbers).all()
    assert told == []


@pytest.mark.parametrize("exponent", [-40, 40])
def test_the_unit_of_a_channel_changes_no_score(exponent: int) -> None:
    """A channel in a unit of another power of two has the same scores, bit for bit."""
    plain, scaled = (
        [report.score.tolist() for report in reports(engine(), stream)] for stream in in_two_units(exponent)
    )
    assert plain == scaled


def in_two_units(exponent: int) -> tuple[list[Reading], list[Reading]]:
    """Return three similar devices' noise in one unit, and in another."""
    values = [noise(seed, 600) for seed in range(3)]
    factors = (1.0, 2.0**exponent)
    one, other = (
        merged(
            *(
                readings(f"pump-{place}", [factor * value for value in series], cadence_s=CADENCE_S)
                for place, series in enumerate(values)
            )
        )
        for factor in factors
    )
    return one, other
