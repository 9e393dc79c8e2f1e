"""Notices a link that is up and deaf: connected, subscribed, and nothing comes any more though it used to.

In: moments at which messages came, or the link looked. Out: what to do about it. We do not listen to ourselves: an echo would
need rights on our own topics, and would prove that the echo works. Subscribing anew costs nothing where all is well.
"""

from enum import Enum
from typing import Final

from detector.clock import MonoTime

UNUSUAL: Final = 3.0
"""Quiet is unusual from so many of the longest pause of late."""

MEMORY_S: Final = 86_400.0
"""Time in which a pause that was the longest comes to count by half."""


class Remedy(Enum):
    """What a quiet link calls for."""

    NONE = "none"
    SUBSCRIBE = "subscribe again"
    RECONNECT = "connect again"


class Watch:
    """The pauses between messages; the link's thread owns it. Outlives connections, for they do not change habits."""

    def __init__(self, shortest_s: float) -> None:
        """Call no pause unusual that is shorter than `shortest_s`; before two messages came, none at all."""
        self._shortest_s = shortest_s
        self._heard_at: MonoTime | None = None
        self._longest_s: float | None = None
        self._limit_s = shortest_s
        self._subscribed_anew = False

    def heard(self, now: MonoTime) -> None:
        """Note a message; the pause before it is one to be expected from now on."""
        if self._heard_at is not None:
            pause_s = now - self._heard_at
            faded_s = 0.0 if self._longest_s is None else self._longest_s * 0.5 ** (pause_s / MEMORY_S)
            self._longest_s = max(faded_s, pause_s)
            self._limit_s = max(self._shortest_s, UNUSUAL * self._longest_s)
        self._heard_at, self._subscribed_anew = now, False

    def resumed(self, now: MonoTime) -> None:
        """Note that the link is up again: that nothing came meanwhile was its own doing."""
        if self._heard_at is not None:
            self._heard_at = now

    def remedy(self, now: MonoTime) -> Remedy:
        """Return what to do now: first subscribe anew, then, if that did not help, connect anew; then be twice as patient."""
        if self._heard_at is None or self._longest_s is None or now - self._heard_at < self._limit_s:
            return Remedy.NONE
        self._limit_s = 2.0 * (now - self._heard_at)
        self._subscribed_anew = not self._subscribed_anew
        return Remedy.SUBSCRIBE if self._subscribed_anew else Remedy.RECONNECT

    def quiet_s(self, now: MonoTime) -> float:
        """Return how long nothing has come."""
        return 0.0 if self._heard_at is None else now - self._heard_at
