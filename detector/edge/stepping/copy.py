"""The engine's process: a copy of the daemon that steps the engine, answers what is asked of it, and ends when the daemon does.

In: messages, columns in shared memory. Out: the same.
"""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from traceback import format_exc
from typing import Any, Final

from detector.edge.snapshot import Around
from detector.edge.snapshot.aside import Aside, Pause, stop_orphan
from detector.edge.stepping.here import Here
from detector.edge.stepping.messages import (
    Answer,
    Ask,
    Count,
    Counted,
    EndWriting,
    Leave,
    StepOn,
    Stepped,
    WriteAside,
    WriteAtOnce,
    Written,
)
from detector.edge.stepping.rows import SharedRows
from detector.engine import Engine
from detector.readings import Names

LOOK_EVERY_S: Final = 0.1
"""Between two looks at a snapshot that is being written, while no batch comes."""


class EngineCopy:
    """Serves one engine."""

    def __init__(self, engine: Engine, rows: SharedRows, daemon: Connection, daemon_pid: int) -> None:
        """Serve the daemon, which is at the other end."""
        self._here = Here(engine)
        self._rows, self._daemon, self._daemon_pid = rows, daemon, daemon_pid
        self._names = Names()
        self._aside: Aside | None = None
        self._departures = 0
        self._whose: tuple[int, int, int] | None = None
        """How many devices and channels there were at the last census, and departures before it."""
        self._do: dict[type, Callable[[Any], None]] = {
            StepOn: self._step_on,
            Ask: self._answer,
            Count: self._count,
            WriteAside: self._write_aside,
            WriteAtOnce: self._write_at_once,
            EndWriting: self._end_writing,
        }

    def serve(self) -> None:
        """Do what is asked until nobody is there to ask."""
        try:
            while True:
                self._look_after_copy()
                if self._aside is None or self._daemon.poll(LOOK_EVERY_S):
                    told = self._daemon.recv()
                    if isinstance(told, Leave):
                        return
                    self._do[type(told)](told)
        except (EOFError, ConnectionError):  # the daemon is gone
            return

    def _step_on(self, told: StepOn) -> None:
        """Judge, say what came of it, and learn."""
        if told.anew:
            self._names = Names()
        for name in told.names:
            self._names.number(name)
        self._here.submit(self._rows.batch(told.lane, told.rows, self._names, told.ticks, told.hour))
        for report, took_s in self._here.finished(wait=True):
            self._departures += bool(report.departed)
            self._rows.put_report(told.lane, report)
            self._daemon.send(Stepped(report.events, report.departed, took_s))
        self._here.learn()

    def _answer(self, told: Ask) -> None:
        """Call a method of the engine, and say what it returned; a fault in it is the asker's, as with an engine of their own."""
        try:
            answer = Answer(getattr(self._here, told.method)(*told.arguments), "")
        except Exception:  # noqa: BLE001 - it is raised again where it was asked for
            answer = Answer(None, format_exc())
        self._daemon.send(answer)

    def _count(self, _told: Count) -> None:
        """Take a census."""
        began = time.perf_counter()
        census = self._here.census()
        whose = (census.devices, census.channels, self._departures)
        renamed, self._whose = whose != self._whose, whose
        if not renamed:  # a hundred thousand names a second would be work for both sides
            census = replace(census, standing=replace(census.standing, devices=(), channels=()))
        self._daemon.send(Counted(census, renamed, time.perf_counter() - began))

    def _write_aside(self, told: WriteAside) -> None:
        """Start to write a snapshot of now."""
        source = recv_handle(self._daemon)

        def write(pause: Pause) -> None:
            with Connection(source) as teller:
                around: Around = teller.recv()
            told.write(around.snapshot(self._here.engine.freeze()), pause)

        try:
            self._aside = Aside(write, keep=[source])
        except OSError as fault:
            self._daemon.send(Written(str(fault)))
        finally:
            os.close(source)

    def _write_at_once(self, told: WriteAtOnce) -> None:
        """Write a snapshot while the daemon waits; without one to wait, another may be writing already."""
        wrong = ""
        try:
            told.write(told.around.snapshot(self._here.engine.freeze()), lambda: stop_orphan(self._daemon_pid))
        except OSError as fault:
            wrong = str(fault) or type(fault).__name__
        self._daemon.send(Answer(None, wrong))

    def _end_writing(self, _told: EndWriting) -> None:
        """Let the copy finish no more; how it ended is told as ever."""
        if self._aside is not None:
            self._aside.end()

    def _look_after_copy(self) -> None:
        """See whether the copy has finished."""
        outcome = None if self._aside is None else self._aside.outcome()
        if outcome is not None:
            self._aside = None
            self._daemon.send(Written(outcome))
