"""Sinks at work for the length of a block, as the daemon's crew has them.

In: a porter. Out: the same; its thread has ended when the block has.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from detector.edge.journal import Item
from detector.edge.sinks.porter import Porter
from tests.system.patience import wait_until


@contextmanager
def going(porter: Porter[Item]) -> Iterator[Porter[Item]]:
    """Yield a porter, and close it; it is to leave no thread behind."""
    try:
        yield porter
    finally:
        porter.close()
        name = f"sink {porter.name}"
        wait_until(lambda: name not in [thread.name for thread in threading.enumerate()], "the thread ended")
