"""What others ask of the main thread: to stop (signals), to reload (SIGHUP, HTTP).

In: signals, and calls from any thread. Out: flags and requests, which the main thread looks at between two turns.
"""

import os
import queue
import signal
import sys
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import FrameType
from typing import Final

RELOAD_WAIT_S: Final = 15.0
"""Longest wait of an HTTP request for the outcome of its reload."""

ABORTED: Final = 130
"""Exit code after a second signal, that of a program that Ctrl-C ended."""

Faults = str | None
"""What is wrong with a configuration, or None."""


class Control:
    """Requests to the main thread."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.stop_asked_by: str | None = None
        """The signal that asked to stop."""
        self._reloads: queue.SimpleQueue[Future[Faults]] = queue.SimpleQueue()

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

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        """Ask to stop; the second time, end the process on the spot: whoever insists does not want to wait."""
        name = signal.Signals(number).name
        if self.stop_asked_by is not None:
            os.write(sys.stderr.fileno(), f"detector: aborted by a second signal ({name})\n".encode())
            os._exit(ABORTED)
        self.stop_asked_by = name
