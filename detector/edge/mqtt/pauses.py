"""How long the link waits before its next try: not long after a loss, longer after each failure, and out of a rival's way.

In: how each try ended. Out: the next pause, drawn with jitter, so that a fleet of daemons doesn't come back all at once.
"""

import random
from typing import Final

from detector.edge.backoff import Backoff
from detector.settings import MqttSettings

SHORT_S: Final = 5.0
"""A connection that ends sooner was hardly worth its name; several in a row have a common cause."""

SHORT_LIVES: Final = 3
"""So many of them on end may be another client with our name, or a bad line: that is said, and changes nothing."""

RIVAL_LONGEST_S: Final = 600.0
"""Longest pause where the broker says that there is a rival; a connection that lives longer than that has none."""


class Pauses:
    """Pauses between tries; the link's thread owns it."""

    def __init__(self, settings: MqttSettings, draw: random.Random | None = None) -> None:
        """Start with the shortest."""
        self.short_lives = 0
        """Short connections in a row."""
        self._longest_s = settings.reconnect_max
        self._usual = Backoff(settings.reconnect_min, settings.reconnect_max, draw)
        self._for_rival = Backoff(settings.reconnect_max, max(settings.reconnect_max, RIVAL_LONGEST_S), draw)

    def after(self, lived_s: float | None, *, taken_over: bool) -> float:
        """Return the pause after a try, seconds.

        `lived_s` is None where it led to no connection; `taken_over`: another client took our session.
        """
        if lived_s is not None:
            self.short_lives = self.short_lives + 1 if lived_s < SHORT_S else 0
            if lived_s > self._longest_s:
                self._usual.reset()
            if lived_s > RIVAL_LONGEST_S:
                self._for_rival.reset()
        return self._for_rival.next_pause_s() if taken_over else self._usual.next_pause_s()
