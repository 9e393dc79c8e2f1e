"""What others ask of the main thread: to stop (signals), to reload (SIGHUP, HTTP), to do something between two turns (HTTP).

In: signals, and calls from any thread. Out: flags and requests, which the main thread looks at between two turns.
"""

import os
import queue
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import FrameType
from typing import Any, Final, TypeVar

RELOAD_WAIT_S: Final = 15.0
"""Longest wait of an HTTP request for the outcome of its reload."""

ANSWER_WAIT_S: Final = 10.0
"""Longest wait of an HTTP request for anything else that the main thread has to do."""

ABORTED: Final = 130
"""Exit code after a second signal, that of a program that Ctrl-C ended."""

Faults = str | None
"""What is wrong with a configuration, or None."""

Done = TypeVar("Done")


class Control:
    """Requests to the main thread."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.stop_asked_by: str | None = None
        """The signal that asked to stop."""
        self._reloads: queue.SimpleQueue[Future[Faults]] = queue.SimpleQueue()
        self._asked: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()

    def listen_to_signals(self) -> None:
        """Take over SIGTERM, SIGINT and SIGHUP; for the main thread only."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, lambda *_: self._reloads.put(Future()))

    def reload(self) -> Faults:
        """Ask for a reload and wait for its outcome; for any thread but the main one."""
        asked: Future[Faults] = Future()
        self._reloads.put(asked)
        try:
            return asked.result(RELOAD_WAIT_S)
        except FutureTimeoutError:
            return f"the daemon has not come to it within {RELOAD_WAIT_S:.0f} s; see the log"

    def reload_asked(self) -> Future[Faults] | None:
        """Return the next request to reload, to be given its outcome; None when there is none."""
        try:
            return self._reloads.get_nowait()
        except queue.Empty:
            return None

    def ask(self, act: Callable[[], Done]) -> Done | None:
        """Have the main thread do something between two turns; None where it has not come to it, and will not. For any thread but it."""
        asked: Future[Done] = Future()
        self._asked.put((asked, act))
        try:
            return asked.result(ANSWER_WAIT_S)
        except FutureTimeoutError:
            return None if asked.cancel() else asked.result()

    def serve(self) -> None:
        """Do what others ask; for the main thread. A fault in it is theirs who asked."""
        while not self._asked.empty():
            asked, act = self._asked.get_nowait()
            if asked.set_running_or_notify_cancel():
                try:
                    asked.set_result(act())
                except Exception as fault:  # noqa: BLE001 - it is raised again where it was asked for
                    asked.set_exception(fault)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        """Ask to stop; the second time, end the process on the spot: whoever insists does not want to wait."""
        name = signal.Signals(number).name
        if self.stop_asked_by is not None:
            os.write(sys.stderr.fileno(), f"detector: aborted by a second signal ({name})\n".encode())
            os._exit(ABORTED)
        self.stop_asked_by = name
