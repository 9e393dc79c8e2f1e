"""What the daemon and the engine's process say to each other.

Both ends are this program, and what they say to each other is read by nobody else, nor written.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from detector.domain import AlertEvent, EventTime
from detector.edge.snapshot import Around
from detector.edge.snapshot.subject import Write
from detector.readings import Name
from detector.report import Census, Tick


class StepOn(NamedTuple):
    """Step through the batch on a lane."""

    lane: int
    rows: int
    anew: bool
    """The names are those of another table, which begins here."""
    names: list[Name]
    """Those that were met since the last batch, in the order of their numbers."""
    ticks: tuple[Tick, ...]
    hour: EventTime | None


class Stepped(NamedTuple):
    """What became of a batch: the columns are on its lane."""

    events: tuple[AlertEvent, ...]
    departed: tuple[tuple[str, str], ...]
    took_s: float


class Ask(NamedTuple):
    """Call a method of the engine."""

    method: str
    arguments: tuple[Any, ...]


class Answer(NamedTuple):
    """What became of a question."""

    value: Any
    """What a method returned."""
    wrong: str
    """What was raised instead: of a method with its traceback; an empty text for nothing."""


class Count(NamedTuple):
    """Take a census."""


class Counted(NamedTuple):
    """How the fleet stands; whose it is, only where that changed."""

    census: Census
    renamed: bool
    took_s: float

    def census_after(self, before: Census) -> Census:
        """Return it with the names that it goes by."""
        standing = before.standing
        if self.renamed:
            return self.census
        named = replace(self.census.standing, devices=standing.devices, channels=standing.channels)
        return replace(self.census, standing=named)


class WriteAside(NamedTuple):
    """Write a snapshot in a copy; behind this comes the file through which what is around the engine will be told."""

    write: Write


class WriteAtOnce(NamedTuple):
    """Write a snapshot, and answer."""

    write: Write
    around: Around


class Written(NamedTuple):
    """How the copy's work went; see `Aside.outcome`."""

    outcome: str


class EndWriting(NamedTuple):
    """Let the copy finish no more."""


class Leave(NamedTuple):
    """There is nothing more to be done."""


class Failed(NamedTuple):
    """The engine has failed: nothing follows."""

    words: str
