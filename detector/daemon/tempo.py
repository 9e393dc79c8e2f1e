"""How fast the scoring loop goes: how long it rests before a turn, and how many messages it takes in one at most.

In: when a turn that scored something began and ended. Out: seconds, messages. Pure.
"""

from typing import Final

from detector.clock import MonoTime

MESSAGES: Final = 4096
"""Most messages in one turn; the rest waits for the next."""

LONG_TURN_S: Final = 1.0
"""A turn that took longer is followed by one of half as many messages: a full inbox gives a message up after five seconds in which none
was taken, and a slow computer may take as long for stored readings that are hours apart."""

REST: Final = 1.0
"""Where messages come one by one, the loop rests so many times as long as it scored, and takes together what came meanwhile: a step
costs nearly the same for one reading as for a hundred, and 300 messages a second would keep a core busy."""

LONGEST_REST_S: Final = 0.05

SAVED_REST_S: Final = 0.05
"""Rest that a loop with nothing to do saves up: a few messages that follow each other closely are scored as they come."""

WORTH_A_STEP: Final = 64
"""Messages that end the rest: together they are worth a step."""


class Tempo:
    """What the turns so far make of the next."""

    def __init__(self) -> None:
        """Owe no rest, and take as many messages as there may be."""
        self.most = MESSAGES
        """Messages in the next turn."""
        self._rested_at = MonoTime(0.0)

    def rest_s(self, now: MonoTime) -> float:
        """Return how long to rest before the next turn."""
        return max(0.0, self._rested_at - now)

    def scored(self, began: MonoTime, now: MonoTime) -> None:
        """Owe as much rest as a turn took, and let the next be no longer than it should.

        Source: the generic cell rate algorithm, ITU-T I.371, with a time that each turn sets for itself.
        """
        took_s = now - began
        since = max(self._rested_at, began - SAVED_REST_S)
        self._rested_at = MonoTime(min(since + (1.0 + REST) * took_s, now + LONGEST_REST_S))
        self.most = max(1, self.most // 2) if took_s > LONG_TURN_S else min(MESSAGES, 2 * self.most)
