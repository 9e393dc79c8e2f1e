"""How far a channel has learnt, and how long it will take; how far a device is.

In: readings and quarters of a day that were counted. Out: the share that is learnt, and the time that is left. Pure
arithmetic, for metrics and for people.
"""

from dataclasses import dataclass

import numpy as np

from detector.anomaly.peaks import QUARTER_S
from detector.state.rows import Floats, Slots

LEARNT_QUARTERS = 28.0
"""Quarters after which a channel's thresholds rest on its own past: a week has seen a weekend."""

READINGS_SHARE = 0.25
"""Share of the way that the first readings make: from then on a channel is scored, by what others have learnt."""


@dataclass(frozen=True, eq=False, slots=True)
class Readiness:
    """How far channels, or devices, are. Shapes: (N,) each."""

    share: Floats
    """0 nothing learnt, 1 all; from READINGS_SHARE on the channel is scored."""
    left_s: Floats
    """Seconds until all is learnt; infinite while the cadence is not known."""


def readiness(readings: Floats, needed: float, cadence_s: Floats, quarters: Floats) -> Readiness:
    """Return how far channels are that had `readings` of the `needed` first ones, and `quarters`, all (N,)."""
    early = np.minimum(readings / needed, 1.0)
    late = np.minimum(quarters / LEARNT_QUARTERS, 1.0)
    share = np.where(early < 1.0, READINGS_SHARE * early, READINGS_SHARE + (1.0 - READINGS_SHARE) * late)
    missing = np.maximum(needed - readings, 0.0)
    first_s = np.where(cadence_s > 0.0, missing * cadence_s, np.where(missing > 0.0, np.inf, 0.0))
    return Readiness(share, np.maximum(first_s, (1.0 - late) * LEARNT_QUARTERS * QUARTER_S))


def of_devices(channels: Readiness, device: Slots, devices: int) -> Readiness:
    """Return how far each device is, (devices,): as far as that channel of it which is farthest behind.

    Shapes: device (N,), the device's slot of each channel.
    """
    share, left_s = np.ones(devices), np.zeros(devices)
    np.minimum.at(share, device, channels.share)
    np.maximum.at(left_s, device, channels.left_s)
    return Readiness(share, left_s)
