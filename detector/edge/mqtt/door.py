"""The one door through which we hear what is said below our own base topic: commands to devices, and nothing else.

In: messages of our own base topic, from the network thread. Out: what is asked, bounded, for the main thread. Whatever the broker
kept from before, or we said ourselves, stays outside.
"""

import logging
from collections import deque
from typing import Final, NamedTuple

from detector.edge.command import MAX_PAYLOAD, TOPICS

log = logging.getLogger("detector.mqtt")

WAITING: Final = 100
"""Commands that wait; those beyond are not taken."""


class Asked(NamedTuple):
    """One command as it came."""

    device: str
    """The level of the topic that names it."""
    topic: str
    """The last level: what kind of command."""
    payload: bytes
    """No more of it than shows that it is too long."""


def commands_filter(base: str) -> str:
    """Return the one filter by which we hear something of our own base topic."""
    return f"{base}/devices/+/set/+"


def result_topic(base: str, asked: Asked) -> str:
    """Return where we say what became of a command; the filter does not match it."""
    return f"{base}/devices/{asked.device}/set/{asked.topic}/result"


class Door:
    """Commands that have come and were not looked at yet; filled by the network thread, emptied by the main one."""

    def __init__(self, base: str) -> None:
        """Watch over what is said below a base topic."""
        self._before = f"{base}/devices/"
        self._asked: deque[Asked] = deque()

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Take a command; ignore everything else."""
        levels = topic.removeprefix(self._before).split("/")
        if not topic.startswith(self._before) or len(levels) != 3 or levels[1] != "set" or levels[2] not in TOPICS:
            return
        if retained:
            log.warning(
                "ignored a retained command on %.200r: it would be given again at every start; publish it without retain",
                topic, extra={"kind": "retained command"},
            )  # fmt: skip
        elif len(self._asked) >= WAITING:
            log.warning("ignored a command on %.200r: %d wait already", topic, WAITING, extra={"kind": "many commands"})
        else:
            self._asked.append(Asked(levels[0], levels[2], payload[: MAX_PAYLOAD + 1]))

    def take(self) -> list[Asked]:
        """Return what has come since this was last asked, in order."""
        taken = []
        while self._asked:
            taken.append(self._asked.popleft())
        return taken
