"""Work done by a copy of this process, while the process goes on: the copy sees the memory as it was at that moment.

In: what to do. Out: how it went, without ever waiting for it. The system copies only the pages that are written meanwhile
(copy on write), as Redis has it do for its own snapshots. The copy has one thread, the one that asked, and touches
nothing that others may have held: no log, no lock, no connection.
Source: fork(2); Redis, rdb.c, rdbSaveBackground.
"""

import gc
import os
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

CAN_FORK: Final = hasattr(os, "fork")

NICER: Final = 10
"""How much readier the copy is to let others run."""
EXPENDABLE: Final = "500"
"""Should memory run out, the system is to end the copy and not the daemon; from -1000 to 1000."""

LONGEST_WORDS: Final = 2000
"""Bytes of an error's text; far less than a pipe holds."""

Pause = Callable[[], None]


class OrphanedError(Exception):
    """The process that asked is gone; another may be writing already."""


class Aside:
    """One piece of work under way in a copy of this process."""

    def __init__(self, work: Callable[[Pause], None]) -> None:
        """Start it; `work` is given what it has to call now and then, and raises where it fails.

        Raises: OSError when the system has no room for another process.
        """
        words, told = os.pipe()
        parent = os.getpid()
        # No signal may find the copy with handlers that mean the parent.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of threads, whose locks nobody would free in the copy: it takes none.
                warnings.simplefilter("ignore", DeprecationWarning)
                self.pid = os.fork()
            if self.pid == 0:
                _work_and_exit(work, parent, told)
        except OSError:
            os.close(words)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(told)
        self._words = words

    def outcome(self) -> str | None:
        """Return how it went: an empty text for well, what was wrong otherwise, None while it goes on."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        with os.fdopen(self._words, "rb") as words:
            wrong = words.read().decode(errors="replace")
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            return f"ended by {signal.Signals(-code).name}"
        return wrong or ("" if code == 0 else f"exit code {code}")

    def end(self) -> None:
        """Let it finish no more."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def _work_and_exit(work: Callable[[Pause], None], parent: int, told: int) -> NoReturn:
    """Do the work in the copy, say what was wrong, and leave without any of the parent's farewells."""
    code = 1
    try:
        gc.disable()  # nothing of the parent's may be closed in its name
        _stand_alone(told)
        work(lambda: _stop_orphan(parent))
        code = 0
    except BaseException as fault:  # noqa: BLE001 - whatever it is, it is told and ends here
        with suppress(OSError):
            os.write(told, (str(fault) or type(fault).__name__).encode()[:LONGEST_WORDS])
    finally:
        os._exit(code)


def _stop_orphan(parent: int) -> None:
    """Go no further where the parent is gone.

    Raises: OrphanedError.
    """
    if os.getppid() != parent:
        raise OrphanedError("the daemon is gone")


def _stand_alone(told: int) -> None:
    """Let go of all that belongs to the parent: signals, and its files, among them the lock, the port and the broker.

    A lock or a port that the copy still held would keep a new daemon out when the parent is killed.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.closerange(3, told)
    os.closerange(told + 1, os.sysconf("SC_OPEN_MAX"))
    with suppress(OSError):
        os.nice(NICER)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(EXPENDABLE, encoding="ascii")
