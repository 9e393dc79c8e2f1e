"""A copy of the process works beside it, and is in nobody's way."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from detector.edge.journal.database import lock_directory
from detector.edge.snapshot.aside import Aside, Pause
from tests.system.patience import wait_until


def outcome(work: Callable[[Pause], None]) -> str:
    """Return how work in a copy of this process went."""
    return ended(Aside(work))


def ended(aside: Aside) -> str:
    """Wait for the end of a copy, and return how it went."""
    told: list[str | None] = [None]

    def look() -> bool:
        told[0] = aside.outcome()
        return told[0] is not None

    wait_until(look, "the copy ended")
    return str(told[0])


def test_the_copy_does_not_hold_the_lock(tmp_path: Path) -> None:
    """A daemon that is killed while its copy writes leaves nothing behind that keeps the next one out."""
    lock = lock_directory(tmp_path / "state")

    def work(_pause: Pause) -> None:
        (tmp_path / "ready").touch()
        while not (tmp_path / "done").exists():
            time.sleep(0.01)

    aside = Aside(work)
    wait_until((tmp_path / "ready").exists, "the copy stood alone")
    os.close(lock)  # as the death of the daemon does
    again = lock_directory(tmp_path / "state")
    (tmp_path / "done").touch()
    os.close(again)
    assert ended(aside) == ""


def test_the_copy_ends_where_the_daemon_is_gone(tmp_path: Path) -> None:
    """A copy whose parent died goes no further than the next slice."""
    told = tmp_path / "told"

    def as_daemon(_pause: Pause) -> None:
        def as_copy(pause: Pause) -> None:
            wait_until((tmp_path / "gone").exists, "the parent was gone")
            try:
                pause()
            except BaseException as fault:
                told.write_text(type(fault).__name__)
                raise

        Aside(as_copy)
        os.kill(os.getpid(), signal.SIGKILL)

    assert "SIGKILL" in outcome(as_daemon)
    (tmp_path / "gone").touch()
    wait_until(lambda: told.exists() and told.read_text(), "the copy noticed")
    assert told.read_text() == "OrphanedError"


def test_the_copy_runs_none_of_the_parents_handlers() -> None:
    """A signal to the copy ends it, though the parent has a handler for it."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        assert "SIGTERM" in outcome(lambda _pause: os.kill(os.getpid(), signal.SIGTERM))
    finally:
        signal.signal(signal.SIGTERM, before)
