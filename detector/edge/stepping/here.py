"""An engine in this process: a batch that is handed over is stepped through at once."""

import time
from collections import deque
from collections.abc import Callable, Iterator

from detector.domain import AlertEvent, Feedback, Height
from detector.edge.snapshot import Around, OfThisProcess, Subject
from detector.edge.stepping.stepper import Step
from detector.engine import Engine
from detector.report import Batch, Census
from detector.settings import Settings


class Here:
    """Steps on the thread that asks."""

    pid = None

    def __init__(self, engine: Engine) -> None:
        """Step this engine."""
        self.engine = engine
        self._steps: deque[Step] = deque()

    def submit(self, batch: Batch) -> None:
        """Step through a batch."""
        began = time.perf_counter()
        report = self.engine.step(batch)
        self._steps.append(Step(report, time.perf_counter() - began))

    def finished(self, *, wait: bool) -> Iterator[Step]:
        """Yield the steps that were not yielded before."""
        while self._steps:
            yield self._steps.popleft()

    def census(self) -> Census:
        """Return how the fleet stands."""
        return self.engine.census()

    def hear(self, feedback: Feedback) -> None:
        """See `Engine.hear`."""
        self.engine.hear(feedback)

    def may_hear(self, feedback: Feedback) -> bool:
        """See `Engine.may_hear`."""
        return self.engine.may_hear(feedback)

    def heights_of(self, event: AlertEvent) -> tuple[Height, ...]:
        """See `Engine.heights_of`."""
        return self.engine.heights_of(event)

    def reconfigure(self, settings: Settings) -> None:
        """See `Engine.reconfigure`."""
        self.engine.reconfigure(settings)

    def subject(self, around: Callable[[], Around]) -> Subject:
        """Return what this process remembers."""
        return OfThisProcess(lambda: around().snapshot(self.engine.freeze()))

    def close(self) -> None:
        """Do nothing: the engine goes with this process."""
