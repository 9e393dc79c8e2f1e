"""Work done by a copy of this process, while the process goes on: the copy sees the memory as it was at that moment.

In: what to do. Out: how it went, without ever waiting for it. Redis writes its own snapshots so (rdb.c, rdbSaveBackground).
"""

import gc
import os
import signal
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from detector.edge.forked import fork

NICER: Final = 10
"""How much readier the copy is to let others run."""
EXPENDABLE: Final = b"500"
"""Should memory run out, the system is to end the copy and not the daemon; from -1000 to 1000."""

LONGEST_WORDS: Final = 2000
"""Bytes of an error's text; far less than a pipe holds."""

Pause = Callable[[], None]


class OrphanedError(Exception):
    """The process that asked is gone; another may be writing already."""


class Aside:
    """One piece of work under way in a copy of this process."""

    def __init__(self, work: Callable[[Pause], None], keep: Collection[int] = ()) -> None:
        """Start it; `work` is given what it has to call now and then, and raises where it fails; it may use the files of `keep`.

        Raises: OSError when the system has no room for another process.
        """
        words, told = os.pipe()
        parent = os.getpid()
        try:
            self.pid = fork(lambda: _work(work, parent, told), keep=[told, *keep])
        except OSError:
            os.close(words)
            raise
        finally:
            os.close(told)
        self._words = words
        self._outcome: str | None = None

    def outcome(self) -> str | None:
        """Return how it went: an empty text for well, what was wrong otherwise, None while it goes on."""
        if self._outcome is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._outcome = self._told(status) if pid else None
        return self._outcome

    def end(self) -> None:
        """Let it finish no more; once its end is known, its process id may be another's."""
        if self._outcome is None:
            os.kill(self.pid, signal.SIGKILL)

    def abandon(self) -> None:
        """End it, and wait for that."""
        self.end()
        if self._outcome is None:
            self._outcome = self._told(os.waitpid(self.pid, 0)[1])

    def _told(self, status: int) -> str:
        """Return how it went that ended so."""
        with os.fdopen(self._words, "rb") as words:
            wrong = words.read().decode(errors="replace")
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            return f"ended by {signal.Signals(-code).name}"
        return wrong or ("" if code == 0 else f"exit code {code}")


def _work(work: Callable[[Pause], None], parent: int, told: int) -> None:
    """Do the work in the copy, out of the way of others; say what was wrong."""
    try:
        gc.disable()  # nothing of the parent's may be closed in its name
        with suppress(OSError):
            os.nice(NICER)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_bytes(EXPENDABLE)  # text would need a codec, see `fork`
        work(lambda: stop_orphan(parent))
    except BaseException as fault:
        with suppress(OSError):
            os.write(told, (str(fault) or type(fault).__name__).encode()[:LONGEST_WORDS])
        raise


def stop_orphan(parent: int) -> None:
    """Go no further where the parent, the process of this id, is gone; for the copy.

    Raises: OrphanedError.
    """
    if os.getppid() != parent:
        raise OrphanedError("the daemon is gone")
