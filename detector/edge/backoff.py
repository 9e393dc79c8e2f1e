"""How long to wait before trying again: doubling pauses with jitter, so that a fleet doesn't come back all at once.

In: how often it went wrong. Out: the next pause.
"""

import random


class Backoff:
    """Pauses that double from the shortest to the longest, each drawn from its upper half."""

    def __init__(self, shortest_s: float, longest_s: float, draw: random.Random | None = None) -> None:
        """Start with the shortest pause."""
        self._shortest_s, self._longest_s = shortest_s, longest_s
        self._ceiling_s = shortest_s
        self._draw = draw or random.Random()

    def next_pause_s(self) -> float:
        """Return the next pause and double the one after it."""
        ceiling_s = self._ceiling_s
        self._ceiling_s = min(2 * ceiling_s, self._longest_s)
        return self._draw.uniform(ceiling_s / 2, ceiling_s)

    def reset(self) -> None:
        """Begin with the shortest pause again."""
        self._ceiling_s = self._shortest_s
