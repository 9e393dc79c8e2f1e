"""What a snapshot is taken of: something that remembers, in whatever process.

In: what is to be done with a snapshot. Out: it done, at once, or in a copy of the process that remembers, while that goes on.
"""

from collections.abc import Callable
from typing import Protocol

from detector.edge.snapshot.aside import Aside, Pause
from detector.edge.snapshot.files import Snapshot

Write = Callable[[Snapshot, Pause], None]
"""Does what is to be done with a snapshot, and calls the pause now and then; raises OSError where it fails."""


class Copy(Protocol):
    """A copy that is at work."""

    def outcome(self) -> str | None:
        """Return how it went: an empty text for well, what was wrong otherwise, None while it goes on."""
        ...

    def end(self) -> None:
        """Let it finish no more."""
        ...


class Subject(Protocol):
    """Something that remembers."""

    def aside(self, write: Write) -> Copy:
        """Start to write what is remembered now, while remembering goes on.

        Raises: OSError when there is no room for another process.
        """
        ...

    def at_once(self, write: Write, pause: Pause) -> None:
        """Write what is remembered, and return when that is done.

        Raises: OSError.
        """
        ...


class OfThisProcess:
    """What this process remembers."""

    def __init__(self, now: Callable[[], Snapshot]) -> None:
        """Take what returns all that is remembered: called in the copy when written aside, where that takes nobody's time; here when at once."""
        self._now = now

    def aside(self, write: Write) -> Copy:
        """Start to write it, in a copy of this process."""
        return Aside(lambda pause: write(self._now(), pause))

    def at_once(self, write: Write, pause: Pause) -> None:
        """Write it."""
        write(self._now(), pause)
