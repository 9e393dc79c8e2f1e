"""An engine in this process: a batch that is handed over is judged at once, and learnt when there is time for it."""

import time
from collections import deque
from collections.abc import Callable, Iterator

from detector.domain import AlertEvent, Feedback, Height
from detector.edge.snapshot import Around, OfThisProcess, Subject
from detector.edge.stepping.stepper import Step
from detector.engine import Engine, Unlearnt
from detector.report import Batch, Census
from detector.settings import Settings


class Here:
    """Steps on the thread that asks."""

    pid = None

    def __init__(self, engine: Engine) -> None:
        """Step this engine."""
        self._engine = engine
        self._unlearnt: Unlearnt | None = None
        self._learnt_s = 0.0
        """What was spent on learning since the last batch."""
        self._steps: deque[Step] = deque()

    @property
    def engine(self) -> Engine:
        """The engine, with nothing left to learn."""
        self.learn()
        return self._engine

    def submit(self, batch: Batch) -> None:
        """Judge a batch."""
        self.learn()
        began = time.perf_counter()
        report, self._unlearnt = self._engine.judge(batch)
        self._steps.append(Step(report, self._learnt_s + time.perf_counter() - began))
        self._learnt_s = 0.0

    def finished(self, *, wait: bool) -> Iterator[Step]:
        """Yield the steps that were not yielded before."""
        while self._steps:
            yield self._steps.popleft()

    def learn(self) -> None:
        """Learn what the last batch has left."""
        if self._unlearnt is not None:
            unlearnt, self._unlearnt = self._unlearnt, None
            began = time.perf_counter()
            self._engine.learn(unlearnt)
            self._learnt_s += time.perf_counter() - began

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
