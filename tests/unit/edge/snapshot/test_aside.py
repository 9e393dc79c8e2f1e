"""A copy of the process works beside it, and is in nobody's way."""

import os
import signal
import subprocess
import sys
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

    def work(pause: Pause) -> None:
        (tmp_path / "ready").touch()
        while not (tmp_path / "done").exists():
            pause()
            time.sleep(0.01)

    aside = Aside(work)
    wait_until((tmp_path / "ready").exists, "the copy stood alone")
    os.close(lock)  # as the death of the daemon does
    try:
        os.close(lock_directory(tmp_path / "state"))
    finally:
        (tmp_path / "done").touch()
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


def test_signals_to_the_whole_group_are_the_daemons(tmp_path: Path) -> None:
    """A supervisor's SIGTERM to all processes runs no handler in the copy and does not end it: the daemon does."""
    ran = tmp_path / "ran"
    before = signal.signal(signal.SIGTERM, lambda *_: ran.touch())
    try:
        assert outcome(lambda _pause: os.kill(os.getpid(), signal.SIGTERM)) == ""
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not ran.exists()


def test_a_copy_that_is_not_wanted_any_more_is_ended() -> None:
    """The daemon can end its copy at any time, and learns that it has."""
    aside = Aside(lambda _pause: time.sleep(3600))
    aside.end()
    assert "SIGKILL" in ended(aside)


def test_how_it_went_is_told_again() -> None:
    """Whoever asks again after the end is told the same."""
    aside = Aside(lambda _pause: None)
    assert (ended(aside), aside.outcome()) == ("", "")


def test_a_copy_that_has_ended_is_not_ended_again() -> None:
    """Its number may be another process's by then, which is left alone."""
    aside, other = Aside(lambda _pause: None), Aside(lambda _pause: time.sleep(3600))
    assert ended(aside) == ""
    aside.pid = other.pid  # as the system may give it away
    aside.end()
    time.sleep(0.05)
    assert other.outcome() is None
    other.end()
    assert "SIGKILL" in ended(other)


ANOTHER_LOOKS_UP_A_CODEC = """
import codecs, sys, threading, time
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_loader
from detector.edge.snapshot.aside import Aside

class Slow(MetaPathFinder, Loader):
    def find_spec(self, name, path, target=None):
        return spec_from_loader(name, self) if name == "encodings.ascii" else None

    def exec_module(self, module):
        looks.set()
        found.wait()
        raise ImportError

looks, found = threading.Event(), threading.Event()
sys.meta_path.insert(0, Slow())
threading.Thread(target=codecs.lookup, args=("ascii",), daemon=True).start()
assert looks.wait(60.0), "expected nobody to have looked the codec up before"
copy = Aside(lambda _pause: None)
until = time.monotonic() + 20.0
while (outcome := copy.outcome()) is None and time.monotonic() < until:
    time.sleep(0.01)
copy.end()
found.set()
print("it hangs" if outcome is None else outcome or "it is done")
"""


def test_the_copy_waits_for_nothing_that_another_thread_was_looking_up() -> None:
    """A codec that a scrape needs for the first time is locked in the copy for ever; the copy needs none."""
    said = subprocess.run(
        [sys.executable, "-c", ANOTHER_LOOKS_UP_A_CODEC], capture_output=True, text=True, check=True, timeout=90.0
    )
    assert said.stdout == "it is done\n", said.stderr
