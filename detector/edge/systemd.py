"""What the daemon tells systemd: ready, reloading, stopping, alive. By hand, as sd_notify(3) lays it down.

In: $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID, which the supervisor sets. Out: datagrams on that socket;
without a supervisor, nothing at all.
"""

import os
import socket
from collections.abc import Mapping

from detector.clock import MonoTime
from detector.domain import MICROSECONDS


def notify(*states: str) -> None:
    """Send assignments such as `READY=1` to the supervisor, all in one datagram.

    A supervisor that does not listen is not worth stopping for: a failure to send is let go.
    Source: sd_notify(3).
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # the kernel's abstract namespace
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as supervisor:
        try:
            supervisor.sendto("\n".join(states).encode(), address)
        except OSError:
            return


def ready(status: str) -> None:
    """Say that the daemon is up, or up again after a reload; `status` is one line for `systemctl status`."""
    notify("READY=1", f"STATUS={status}")


def going_on(status: str, longest_s: float) -> None:
    """Say that a start or a stop goes on, and will say so again within `longest_s`; else the supervisor may give up."""
    notify(f"EXTEND_TIMEOUT_USEC={round(longest_s * MICROSECONDS)}", f"STATUS={status}")


def reloading(now: MonoTime) -> None:
    """Say that a reload has begun; `ready` ends it. `Type=notify-reload` wants the moment, older systemd passes it over."""
    notify("RELOADING=1", f"MONOTONIC_USEC={round(now * MICROSECONDS)}")


def stopping(status: str) -> None:
    """Say that the shutdown has begun; of a status of several lines, as a traceback has, the last alone, which says what went wrong."""
    last = status.rstrip().rpartition("\n")[2]
    notify("STOPPING=1", f"STATUS={last}")


class Watchdog:
    """Tells the supervisor that the work goes on. Ping it from the thread that does the work, never from a timer.

    `interval_s` is half of what the unit's WatchdogSec allows; None where nobody watches.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Read the watchdog's period from the environment; one that is meant for another process is not ours."""
        variables = os.environ if environment is None else environment
        period_us = variables.get("WATCHDOG_USEC", "")
        ours = variables.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.interval_s = int(period_us) / MICROSECONDS / 2 if ours and period_us.isdecimal() else None
        self._last: MonoTime | None = None

    def ping(self, now: MonoTime) -> None:
        """Say that we are alive, at most once in an interval, so that it may be called at every step."""
        if self.interval_s is None or (self._last is not None and now - self._last < self.interval_s):
            return
        self._last = now
        notify("WATCHDOG=1")
