"""A copy of this process that stands alone: it has our memory as it was, and holds nothing that is ours to the world.

In: what the copy does. Out: its process id. The system copies only the pages that either writes afterwards (copy on write).
The copy has one thread, the one that asked, and touches nothing that others may have held: no log, no lock, no connection; nothing is
imported in it, nor is a codec looked up that was not before, since another thread may have been doing the same, and its lock is never freed.
Source: fork(2).
"""

import os
import signal
import warnings
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Final, NoReturn

CAN_FORK: Final = hasattr(os, "fork")

FIRST: Final = 3
"""The files before it are the standard ones, which stay open."""


def fork(work: Callable[[], None], keep: Collection[int]) -> int:
    """Start a copy that does `work` and ends; of our files it holds the standard ones and those of `keep` alone.

    `work` sees to what it raises: beyond it, that shows in the exit code only. Raises: OSError when the system has no room for another process.
    """
    # No signal may find the copy with handlers that mean the parent.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns of threads, whose locks nobody would free in the copy: it takes none.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _do_and_exit(work, keep)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _do_and_exit(work: Callable[[], None], keep: Collection[int]) -> NoReturn:
    """Do the work in the copy, and leave without any of the parent's farewells."""
    code = 1
    try:
        _stand_alone(keep)
        work()
        code = 0
    finally:
        os._exit(code)


def _stand_alone(keep: Collection[int]) -> None:
    """Let go of all that belongs to the parent: signals, and its files, among them the lock, the port and the broker.

    A lock or a port that the copy still held would keep a new daemon out when the parent is killed.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the daemon, sent to all of its group; it ends the copy itself
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for before, after in pairwise([FIRST - 1, *sorted(keep), _highest_open() + 1]):
        os.closerange(before + 1, after)


def _highest_open() -> int:
    """Return the highest file descriptor in use; the limit may be a thousand million, which takes minutes to go through."""
    with suppress(OSError):
        return max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    return int(os.sysconf("SC_OPEN_MAX"))
