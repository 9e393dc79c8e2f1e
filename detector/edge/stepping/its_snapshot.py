"""A snapshot of an engine that is in a process of its own, and of what this process remembers around it.

In: both. Out: a snapshot. Aside, a copy of the engine's process writes it, and a copy of this one tells that the rest: neither process waits for
what takes its time over a large fleet. At once, the engine's process writes it itself, and both wait.
"""

import socket
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Protocol

from detector.edge.snapshot import Around
from detector.edge.snapshot.aside import Aside, Pause
from detector.edge.snapshot.subject import Copy, Write


class EngineProcess(Protocol):
    """The engine's process, as far as snapshots go; see `Beside`."""

    def begin_writing(self, write: Write, source: int) -> None:
        """Have a copy of it write a snapshot of now, with what comes through a file."""
        ...

    def end_writing(self) -> None:
        """Let that copy finish no more."""
        ...

    def outcome(self) -> str | None:
        """Return how it went."""
        ...

    def write_at_once(self, write: Write, around: Around, pause: Pause) -> None:
        """Have it write a snapshot itself, and wait for it."""
        ...


class OfItsProcess:
    """What the engine's process remembers, and this one around it."""

    def __init__(self, engine: EngineProcess, around: Callable[[], Around]) -> None:
        """Take both; `around` is called in the copy of this process when written aside, where that takes nobody's time; here when at once."""
        self._engine, self._around = engine, around

    def aside(self, write: Write) -> Copy:
        """Start to write it.

        Raises: OSError when the system has no room for another process.
        """
        source, sink = socket.socketpair()
        with source, sink:
            teller = Aside(lambda _pause: self._tell(sink), keep=[sink.fileno()])
            try:
                self._engine.begin_writing(write, source.fileno())
            except BaseException:
                teller.abandon()
                raise
        return _TwoCopies(teller, self._engine)

    def at_once(self, write: Write, pause: Pause) -> None:
        """Write it.

        Raises: OSError.
        """
        self._engine.write_at_once(write, self._around(), pause)

    def _tell(self, sink: socket.socket) -> None:
        """Tell what is around the engine."""
        with Connection(sink.detach()) as listener:
            listener.send(self._around())


class _TwoCopies:
    """The copy that tells and the one that writes."""

    def __init__(self, teller: Aside, engine: EngineProcess) -> None:
        """Look after both."""
        self._teller, self._engine = teller, engine

    def outcome(self) -> str | None:
        """Return how it went, once both have ended: what was wrong with the telling comes first, the rest follows from it."""
        told, written = self._teller.outcome(), self._engine.outcome()
        return None if told is None or written is None else told or written

    def end(self) -> None:
        """Let neither finish any more."""
        self._teller.end()
        self._engine.end_writing()
