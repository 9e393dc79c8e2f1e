"""Channels that were let go and of which others may still keep something: the broker its retained state.

In: channels as they go and as they come again, word that the broker has heard of it. Out: those of which it has not, over
restarts too.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

MOST: Final = 2**15
"""Channels that are remembered; of more, the broker keeps the states of those that went first."""


class Departures:
    """Device and channel of each, in the order in which they went; not thread-safe, its owner holds the lock."""

    def __init__(self, plain: Iterable[Any] = ()) -> None:
        """Remember what was written of an earlier one."""
        self._gone = {(str(device), str(channel)): None for device, channel in plain}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Iterate over the channels."""
        return iter(self._gone)

    def went(self, channel: tuple[str, str]) -> None:
        """Note that a channel was let go."""
        self._gone[channel] = None
        if len(self._gone) > MOST:
            del self._gone[next(iter(self._gone))]

    def settle(self, channel: tuple[str, str]) -> None:
        """Note that nothing is left of a channel, or that it is there again."""
        self._gone.pop(channel, None)
