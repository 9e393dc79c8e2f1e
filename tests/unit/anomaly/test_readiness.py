"""Readiness: how far a channel has learnt, and how long it will take."""

import numpy as np
import pytest

from detector.anomaly.readiness import LEARNT_QUARTERS, READINGS_SHARE, Readiness, of_devices, readiness


@pytest.mark.parametrize(
    ("readings", "cadence_s", "quarters", "share", "left_s"),
    [
        (0.0, 0.0, 0.0, 0.0, np.inf),
        (32.0, 60.0, 0.0, READINGS_SHARE / 2, 604_800.0),
        (32.0, 86_400.0, 0.0, READINGS_SHARE / 2, 32 * 86_400.0),
        (64.0, 60.0, 0.0, READINGS_SHARE, 604_800.0),
        (999.0, 60.0, 14.0, (1 + READINGS_SHARE) / 2, 302_400.0),
        (9999.0, 60.0, LEARNT_QUARTERS, 1.0, 0.0),
        (9999.0, 0.0, 99.0, 1.0, 0.0),
    ],
)
def test_a_channel_is_ready_after_its_first_readings_and_a_week(
    readings: float, cadence_s: float, quarters: float, share: float, left_s: float
) -> None:
    """Of 64 readings needed and a week of quarters, the one that takes longer decides what is left."""
    numbers = (np.array([number]) for number in (cadence_s, quarters))
    found = readiness(np.array([readings]), 64.0, *numbers)
    assert float(found.share[0]) == pytest.approx(share)
    assert float(found.left_s[0]) == pytest.approx(left_s)


def test_a_device_is_as_far_as_the_channel_that_is_farthest_behind() -> None:
    """The least share and the longest time of a device's channels are the device's; each device has its own."""
    channels = Readiness(np.array([0.5, 0.2, 1.0]), np.array([9.0, np.inf, 0.0]))
    found = of_devices(channels, np.array([0, 0, 1]), 2)
    assert (found.share.tolist(), found.left_s.tolist()) == ([0.2, 1.0], [np.inf, 0.0])
