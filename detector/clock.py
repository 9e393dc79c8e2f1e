"""Wall time and monotonic time as two types that do not mix, and the clock that reads both.

Only the edge, the daemon, the lab and the command line hold a clock; the core never does.
"""

import time
from typing import NewType, Protocol

WallTime = NewType("WallTime", float)
"""Seconds since 1970-01-01T00:00:00Z; may be stepped by an operator or by NTP."""

MonoTime = NewType("MonoTime", float)
"""Seconds from an arbitrary start; never goes back. For durations and deadlines only."""


class Clock(Protocol):
    """Tells both times."""

    def wall(self) -> WallTime:
        """Return the wall time, seconds since 1970 (UTC)."""
        ...

    def mono(self) -> MonoTime:
        """Return the monotonic time, seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def wall(self) -> WallTime:
        """Return the wall time, seconds since 1970 (UTC)."""
        return WallTime(time.time())

    def mono(self) -> MonoTime:
        """Return the monotonic time, seconds."""
        return MonoTime(time.monotonic())
