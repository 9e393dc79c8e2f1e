"""How often the watchdog wants to hear from us."""

import os

import pytest

from detector.edge.systemd import Watchdog


@pytest.mark.parametrize(
    ("environment", "interval_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_interval_is_half_the_period(environment: dict[str, str], interval_s: float | None) -> None:
    """The interval is half of $WATCHDOG_USEC, in seconds, and None where nobody watches this process."""
    assert Watchdog(environment).interval_s == interval_s
