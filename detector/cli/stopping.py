"""Lets commands end in good order.

In: SIGINT and SIGTERM. Out: for those that would go on for ever, an event that is set at the first, while the second breaks off; for those that start
others, a KeyboardInterrupt.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on the first SIGINT or SIGTERM within the block, raise KeyboardInterrupt on the second."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def break_off_when_told() -> None:
    """Have SIGTERM break off as Ctrl-C does, so that whoever was started is ended as well; Ctrl-C itself a shell may have us ignore."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
