"""The disk that a journal is on: its database while there is one, what was wrong with it, when to try it again.

In: what is to be done with the store. Out: that it was done, or why it was not; how far what was committed has come. The scoring thread owns it;
any thread may ask what is wrong.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from detector.clock import Clock, MonoTime
from detector.edge.journal.database import NAME, is_damaged, lock_directory, set_aside, size_of
from detector.edge.journal.flusher import Flusher
from detector.edge.journal.store import Store
from detector.errors import JournalError
from detector.settings import JournalSettings

log = logging.getLogger("detector.journal")

RETRY_S: Final = 5.0
"""Time between two tries to write on a disk that failed."""

Found = TypeVar("Found")


def _nobody_waits() -> None:
    """Do nothing: nobody is told of the disk."""


class Disk:
    """Opens the database when it is needed, and anew after anything that went wrong."""

    def __init__(
        self, directory: Path, settings: JournalSettings, clock: Clock, opened: Callable[[Store], None]
    ) -> None:
        """Touch nothing yet; `opened` is called with each store before anything is done with it."""
        self.path = directory / NAME
        """Of the database."""
        self._settings, self._clock, self._opened = settings, clock, opened
        self._lock: int | None = None
        self._store: Store | None = None
        self._flusher: Flusher | None = None
        self._retry_at = MonoTime(0.0)
        self.trouble: str | None = None
        """Why nothing can be written; None where it can."""
        self.failures = 0
        self.files = 1
        """Databases so far: one more each time that a damaged one was set aside and a new one begun."""
        self.commits = 0
        """Number of the last commit of this process."""
        self.on_flushed: Callable[[], None] = _nobody_waits
        """Called, on a thread of its own, whenever more commits are on the disk."""

    @property
    def store(self) -> Store | None:
        """Return the open store; None while the disk fails."""
        return self._store

    @property
    def size(self) -> int:
        """Return the bytes of the database."""
        return size_of(self.path)

    @property
    def retry_due(self) -> bool:
        """Whether the disk failed and it is time to try it again."""
        return self.trouble is not None and self._clock.mono() >= self._retry_at

    @property
    def flushed(self) -> int:
        """Return the number of the last commit that is on the disk; while that fails the last of all: nobody knows when it will not."""
        return self.commits if self._flusher is None or self._flusher.fault else self._flusher.done

    @property
    def slowness(self) -> str | None:
        """Return what is to be said of a disk that has not answered for long; for any thread."""
        flusher = self._flusher
        return None if flusher is None else flusher.slowness

    def open(self) -> None:
        """Open the database; a disk that cannot be written is told, and tried again later.

        Raises: JournalError when another daemon uses the directory, or a newer one wrote the journal.
        """
        try:
            self._or_anew(lambda _store: None)
        except (sqlite3.Error, OSError) as fault:
            self.fail(fault)

    def commit(self, write: Callable[[Store], int]) -> None:
        """Have something written, all of it or nothing, and brought to the disk; `write` returns how many arrivals are new.

        Where that fails, say so, and try again after a while.
        """
        try:
            arrivals = self._or_anew(write)
        except (sqlite3.Error, OSError, JournalError) as fault:
            self.fail(fault)
            return
        self.commits += 1
        if self._flusher is not None:
            self._flusher.ask(self.commits, arrivals)
        self.trouble = None

    def read(self, ask: Callable[[Store], list[Found]]) -> list[Found]:
        """Ask the store for something; a disk that fails has nothing, and is told."""
        try:
            return [] if self._store is None else ask(self._store)
        except sqlite3.Error as fault:
            self.fail(fault)
            return []

    def flush(self) -> None:
        """Wait until all that was committed is on the disk, where it outlasts a power failure; where that fails, say so."""
        if self._flusher is not None:
            self._flusher.wait()
            self.look_after_flusher()

    def flush_times_s(self) -> Iterator[float]:
        """Yield how long the disk took since this was asked last, a number a flush."""
        while self._flusher is not None and self._flusher.took_s:
            yield self._flusher.took_s.popleft()

    def look_after_flusher(self) -> None:
        """Take note of a disk that failed while it was flushed to."""
        if self._flusher is not None and self._flusher.fault is not None:
            self.fail(self._flusher.fault)

    def fail(self, fault: Exception) -> None:
        """Go on without the disk, and say so once; a store that failed is opened anew."""
        self._close_store()
        self.failures += 1
        self._retry_at = MonoTime(self._clock.mono() + RETRY_S)
        if self.trouble is None:
            log.error(
                "journal: cannot write %s: %s; scoring goes on, but readings may be lost in a crash; trying again",
                self.path, fault,
            )  # fmt: skip
        self.trouble = f"cannot write {self.path}: {fault}"

    def try_now(self) -> None:
        """Wait no longer for the next try."""
        self._retry_at = MonoTime(0.0)

    def close(self) -> None:
        """Give the directory up."""
        self._close_store()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _or_anew(self, act: Callable[[Store], Found]) -> Found:
        """Do something with the store; a database that turns out to be damaged is set aside, and it is done with a new one."""
        try:
            return act(self._open())
        except sqlite3.Error as fault:
            if not is_damaged(fault):
                raise
            self._set_aside(fault)
            return act(self._open())

    def _open(self) -> Store:
        """Return the open store; open it if need be."""
        if self._lock is None:
            self._lock = lock_directory(self.path.parent)
        if self._store is None:
            self._store = Store(self.path, self._settings)
            self._flusher = Flusher(self.path, self.commits, self._tell_flushed)
            self._opened(self._store)
        return self._store

    def _tell_flushed(self) -> None:
        """Tell whoever is to be told by now."""
        self.on_flushed()

    def _set_aside(self, fault: Exception) -> None:
        """Put a damaged database out of the way, and say so."""
        self._close_store()
        aside = set_aside(self.path, self._clock.wall())
        self.failures += 1
        self.files += 1
        log.error(
            "%s: expected a sound journal, got: %s; set aside as %s, and a new one is begun",
            self.path, fault, aside.name,
        )  # fmt: skip

    def _close_store(self) -> None:
        """Close the store if there is one; no error on the way out adds to the one that led here."""
        flusher, self._flusher = self._flusher, None
        if flusher is not None:
            flusher.close()
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except sqlite3.Error as fault:
                log.debug("journal: closing: %s", fault)
