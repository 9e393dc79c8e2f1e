"""Brings what was committed to the disk, on a thread of its own: no turn of the scoring loop waits for a disk.

In: how many commits there were, and how many arrivals are in them. Out: up to which commit all is on disk, how long that took, what
was wrong. Whatever moves from SQLite's log into the database is moved here as well, beside the commits that go on meanwhile.
"""

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

MOVE_EVERY: Final = 2**16
"""Arrivals in the log that are worth moving into the database: some 4 MB."""

HANGS_AFTER_S: Final = 10.0
"""A disk that takes longer is told."""

GOODBYE_S: Final = 5.0
"""Longest that a close waits for a disk that hangs."""

REMEMBERED: Final = 1000


class Flusher:
    """The thread, and how far it is."""

    def __init__(self, path: Path, commits: int, done: Callable[[], None]) -> None:
        """Begin behind so many commits; `done` is called, on the thread, whenever more of them are on disk.

        The database is open already, so that its log is there. Raises: OSError.
        """
        self.took_s: deque[float] = deque(maxlen=REMEMBERED)
        """How long each flush took; whoever reads one takes it out."""
        self._path, self._tell = path, done
        # SQLite has no lock on this file that a close would drop
        self._log = os.open(f"{path}-wal", os.O_RDONLY | os.O_CLOEXEC)
        self._changed = threading.Condition()
        self._asked = self._done = commits
        self._to_move = 0
        self._began: float | None = None
        self._fault: Exception | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
        self._thread.start()

    @property
    def done(self) -> int:
        """Return up to which commit all is on disk."""
        return self._done

    @property
    def slowness(self) -> str | None:
        """Return what is to be said of a disk that has not answered for long; for any thread."""
        began = self._began
        if began is None or time.monotonic() - began < HANGS_AFTER_S:
            return None
        return f"the disk of {self._path} has not answered for {time.monotonic() - began:.0f} s"

    @property
    def fault(self) -> Exception | None:
        """Return what was wrong; the thread has ended then."""
        return self._fault

    def ask(self, commits: int, arrivals: int) -> None:
        """Have everything up to this commit brought to the disk, in which so many arrivals are new; never blocks."""
        with self._changed:
            self._asked = commits
            self._to_move += arrivals
            self._changed.notify_all()

    def wait(self) -> None:
        """Return once all that was asked for is on disk, or something was wrong."""
        with self._changed:
            self._changed.wait_for(lambda: self._done >= self._asked or self._fault is not None)

    def close(self) -> None:
        """End the thread; what is under way is finished first, unless the disk hangs."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(GOODBYE_S)

    def _run(self) -> None:
        """Be the thread."""
        try:
            while self._flush():
                pass
        except Exception as fault:  # noqa: BLE001 - whatever it is: nobody may wait for a thread that has ended
            with self._changed:
                self._fault = fault
                self._changed.notify_all()
            self._tell()
        finally:
            os.close(self._log)

    def _flush(self) -> bool:
        """Wait until there is something to do, and do it; return False where there is nothing more."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked > self._done or self._closed)
            if self._asked == self._done:
                return False
            asked = self._asked
        self._began = began = time.monotonic()
        os.fdatasync(self._log)
        self.took_s.append(time.monotonic() - began)
        self._began = None
        with self._changed:
            self._done = asked
            self._changed.notify_all()
        self._tell()
        self._move()
        return True

    def _move(self) -> None:
        """Move what is in the log into the database, once it is worth it; commits go on meanwhile."""
        with self._changed:
            if self._to_move < MOVE_EVERY:
                return
            self._to_move = 0
        db = sqlite3.connect(self._path, isolation_level=None)
        try:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            db.close()
