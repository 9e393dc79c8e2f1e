"""An engine in a process of its own: while it steps on one core, this process reads, decodes and journals on another.

In: batches. Out: steps, in the order of the batches. The process is a copy of this one, made when the engine knows all that it is to know from
before; it ends when this one does.
"""

import gc
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from queue import Empty
from traceback import format_exc
from typing import Any, Final

from detector.domain import AlertEvent, Feedback, Height
from detector.edge.forked import fork
from detector.edge.snapshot import Around, Subject
from detector.edge.snapshot.aside import Pause
from detector.edge.snapshot.subject import Write
from detector.edge.stepping.copy import EngineCopy
from detector.edge.stepping.its_snapshot import OfItsProcess
from detector.edge.stepping.line import Line
from detector.edge.stepping.messages import (
    Answer,
    Ask,
    Count,
    Counted,
    EndWriting,
    Failed,
    Leave,
    StepOn,
    Stepped,
    WriteAside,
    WriteAtOnce,
    Written,
)
from detector.edge.stepping.rows import LANES, SharedRows
from detector.edge.stepping.stepper import CENSUS_REST, EngineGoneError, Step
from detector.engine import Engine
from detector.readings import Name, Names
from detector.report import Batch, Census, Report
from detector.settings import Settings

PAUSE_EVERY_S: Final = 0.5
"""Between two signs of life while a snapshot is waited for."""

END_WITHIN_S: Final = 5.0
"""Time for the engine's process to end by itself."""


class Beside:
    """Has an engine step in a process of its own.

    Once that has ended, whatever is asked raises EngineGoneError; see `Line`.
    """

    def __init__(self, engine: Engine, rows: int) -> None:
        """Start the process; it goes on with a copy of the engine, which is of no more use here. Batches have `rows` readings at most.

        Raises: OSError when the system has no room for another process.
        """
        self._census = engine.census()
        self._rows = SharedRows(rows)
        here, there = Pipe()
        us = os.getpid()  # before the fork: who asked after it might hear of whoever took in an orphan
        try:
            self.pid: int = fork(lambda: _serve(engine, self._rows, there, us), keep=[there.fileno()])
        finally:
            there.close()
        self._line = Line(here)
        self._under_way: deque[Batch] = deque()
        self._steps: deque[Step] = deque()
        self._handed_over = 0
        self._names: Names | None = None
        self._names_known = 0
        self._counting, self._count_at = False, 0.0
        self._answer: Answer | None = None
        self._outcome: str | None = None

    def submit(self, batch: Batch) -> None:
        """Hand over the next batch."""
        while len(self._under_way) == LANES:
            self._take(self._line.hear())
        lane = self._handed_over % LANES
        self._rows.put_batch(lane, batch)
        anew, names = self._new_names(batch)
        self._line.say(StepOn(lane, len(batch.readings), anew, names, batch.ticks, batch.hour))
        self._under_way.append(batch)
        self._handed_over += 1

    def finished(self, *, wait: bool) -> Iterator[Step]:
        """Yield the steps that were taken and not yielded before; with `wait` those of all batches handed over."""
        while self._line.waits or (wait and self._under_way):
            self._take(self._line.hear())
        while self._steps:
            yield self._steps.popleft()

    def learn(self) -> None:
        """Do nothing: its process learns as soon as it has told."""

    def census(self) -> Census:
        """Return how the fleet stood when this was asked last, and ask again."""
        if not self._counting and time.monotonic() >= self._count_at:
            self._counting = True
            self._line.say(Count())
        return self._census

    def hear(self, feedback: Feedback) -> None:
        """See `Engine.hear`."""
        self._ask("hear", feedback)

    def may_hear(self, feedback: Feedback) -> bool:
        """See `Engine.may_hear`."""
        return bool(self._ask("may_hear", feedback))

    def heights_of(self, event: AlertEvent) -> tuple[Height, ...]:
        """See `Engine.heights_of`."""
        heights: tuple[Height, ...] = self._ask("heights_of", event)
        return heights

    def reconfigure(self, settings: Settings) -> None:
        """See `Engine.reconfigure`."""
        self._ask("reconfigure", settings)

    def subject(self, around: Callable[[], Around]) -> Subject:
        """Return what the engine's process remembers, and this one around it."""
        return OfItsProcess(self, around)

    def close(self) -> None:
        """Let the engine's process end, and see to it that it does."""
        with suppress(EngineGoneError, Empty):
            self._line.say(Leave())
            while True:
                self._take(self._line.hear(END_WITHIN_S))
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self._line.close()

    def begin_writing(self, write: Write, source: int) -> None:
        """Have a copy of the engine's process write a snapshot of now; what is around the engine comes through the file `source`."""
        self._outcome = None
        self._line.say(WriteAside(write))
        self._line.hand_over(source, self.pid)

    def end_writing(self) -> None:
        """Let that copy finish no more."""
        self._line.say(EndWriting())

    def outcome(self) -> str | None:
        """Return how it went; see `Aside.outcome`."""
        while self._line.waits:
            self._take(self._line.hear())
        return self._outcome

    def write_at_once(self, write: Write, around: Around, pause: Pause) -> None:
        """Have a snapshot written, and wait for it.

        Raises: OSError.
        """
        answer = self._wait_for_answer(WriteAtOnce(write, around), pause)
        if answer.wrong:
            raise OSError(answer.wrong)

    def _new_names(self, batch: Batch) -> tuple[bool, list[Name]]:
        """Return whether the batch's names are of another table than before, and those that the engine does not know."""
        names = batch.readings.names
        anew = names is not self._names and len(batch.readings) > 0
        if anew:
            self._names, self._names_known = names, 0
        if self._names is None or not len(batch.readings):
            return False, []
        known, self._names_known = self._names_known, len(names)
        return anew, [names[number] for number in range(known, len(names))]

    def _ask(self, method: str, *arguments: Any) -> Any:
        """Call a method of the engine after all batches handed over before, and return what it returns.

        Raises: RuntimeError, with the traceback of what it raised.
        """
        answer = self._wait_for_answer(Ask(method, arguments), lambda: None)
        if answer.wrong:
            raise RuntimeError(answer.wrong)
        return answer.value

    def _wait_for_answer(self, question: Ask | WriteAtOnce, pause: Pause) -> Answer:
        """Send a question and return its answer; `pause` is called now and then."""
        self._line.say(question)
        while self._answer is None:
            try:
                self._take(self._line.hear(PAUSE_EVERY_S))
            except Empty:
                pause()
        answer, self._answer = self._answer, None
        return answer

    def _take(self, told: Any) -> None:
        """Take in what the engine's process said."""
        match told:
            case Stepped():
                self._steps.append(Step(self._report(told), told.took_s))
            case Counted():
                self._counting, self._census = False, told.census_after(self._census)
                self._count_at = time.monotonic() + CENSUS_REST * told.took_s
            case Answer():
                self._answer = told
            case Written():
                self._outcome = told.outcome

    def _report(self, told: Stepped) -> Report:
        """Return the report on the oldest batch under way, whose lane is free then."""
        lane = (self._handed_over - len(self._under_way)) % LANES
        batch = self._under_way.popleft()
        columns = self._rows.report_columns(lane, len(batch.readings))
        return Report(readings=batch.readings, ticks=batch.ticks, events=told.events, departed=told.departed, **columns)  # type: ignore[arg-type]


def _serve(engine: Engine, rows: SharedRows, daemon: Connection, daemon_pid: int) -> None:
    """Be the engine's process."""
    gc.freeze()  # what is the daemon's is never looked at again, and so never copied
    try:
        EngineCopy(engine, rows, daemon, daemon_pid).serve()
    except BaseException:
        with suppress(OSError):
            daemon.send(Failed(format_exc()))
        raise
