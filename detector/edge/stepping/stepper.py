"""What the scoring loop asks of an engine, wherever that is."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, Protocol

from detector.domain import AlertEvent, Feedback, Height
from detector.edge.snapshot import Around, Subject
from detector.report import Batch, Census, Report
from detector.settings import Settings

CENSUS_REST: Final = 50.0
"""A census is taken again after so many times what it took, if that is longer than usual: of a million devices it takes a second."""


class EngineGoneError(Exception):
    """The engine's process has failed or ended; only a restart of the daemon brings back what it knew."""


class Step(NamedTuple):
    """A batch that was judged."""

    report: Report
    took_s: float
    """To judge it, and to learn what the one before had left."""


class Stepper(Protocol):
    """An engine that steps through batches in the order in which they are handed over: each is judged, told of, and then learnt.

    Whatever else is asked of it holds after all that was learnt from the batches handed over before. For one thread. Every method may raise EngineGoneError
    where the engine is in a process of its own.
    """

    @property
    def pid(self) -> int | None:
        """The process that the engine has for itself; None where it has none."""
        ...

    def submit(self, batch: Batch) -> None:
        """Hand over the next batch; waits only where too many are under way."""
        ...

    def finished(self, *, wait: bool) -> Iterator[Step]:
        """Yield the steps that were taken and not yielded before; with `wait` those of all batches handed over."""
        ...

    def learn(self) -> None:
        """Learn now what the last batch has left, if anything: a good moment, since nothing waits. It is learnt before the next one anyhow."""
        ...

    def census(self) -> Census:
        """Return how the fleet stands, or stood when this was asked last: nobody waits for it."""
        ...

    def hear(self, feedback: Feedback) -> None:
        """See `Engine.hear`."""
        ...

    def may_hear(self, feedback: Feedback) -> bool:
        """See `Engine.may_hear`."""
        ...

    def heights_of(self, event: AlertEvent) -> tuple[Height, ...]:
        """See `Engine.heights_of`."""
        ...

    def reconfigure(self, settings: Settings) -> None:
        """See `Engine.reconfigure`."""
        ...

    def subject(self, around: Callable[[], Around]) -> Subject:
        """Return what snapshots are taken of: the engine, and what `around` returns."""
        ...

    def close(self) -> None:
        """Let the engine go."""
        ...
