"""What others have the main thread do: each once, in order, with its outcome where it was asked for."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from detector.daemon import control
from detector.daemon.control import Control


def served(subject: Control, ask: Callable[[], object]) -> object:
    """Ask from another thread, and serve as the main thread does until there is an outcome."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        while not asked.done():
            subject.serve()
        return asked.result()


def test_the_main_thread_does_what_is_asked_and_the_asker_has_the_outcome() -> None:
    """It is done on the thread that serves."""
    subject = Control()
    assert served(subject, lambda: subject.ask(threading.get_ident)) == threading.get_ident()


def test_a_fault_is_theirs_who_asked() -> None:
    """It is raised where it was asked for, and the main thread goes on."""
    subject = Control()
    with pytest.raises(ZeroDivisionError):
        served(subject, lambda: subject.ask(lambda: 1 // 0))
    assert served(subject, lambda: subject.ask(lambda: 7)) == 7


def test_what_nobody_waits_for_any_more_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was told that it will not be done can rely on that."""
    monkeypatch.setattr(control, "ANSWER_WAIT_S", 0.0)
    subject, done = Control(), list[int]()
    assert subject.ask(lambda: done.append(1)) is None
    subject.serve()
    assert done == []
