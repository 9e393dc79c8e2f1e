"""Carries what a sink is offered in a thread of its own, so that whoever hangs on the way keeps nobody else waiting.

In: items, by the scoring thread. Out: answers, for the scoring thread. How a way is gone, and that one may have to wait on it,
is the business of a `Way`. The thread begins with the first item and ends with `close`; it never holds up the end of the process.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol

from detector.edge.journal import Item
from detector.edge.sinks.sink import Answer, Taken

log = logging.getLogger("detector.sinks")


class Carried(NamedTuple):
    """What one going of a way came to."""

    answers: Sequence[Answer] = ()
    rest_s: float = 0.0
    """The other side asks to be left alone for so long."""
    again_in_s: float | None = None
    """The way wants to be gone again after so long, though nothing is offered; None: it does not."""


class Way(Protocol[Taken]):
    """One way to a receiver, gone by one thread at a time."""

    def carry(self, items: Sequence[Taken]) -> Carried:
        """Try once to bring items there, and wait for it; say of each what became of it, as far as that is known."""
        ...

    def abort(self) -> None:
        """End the waiting of another thread in `carry`, as soon as that can be done."""
        ...


class Porter(Generic[Item]):
    """A sink that goes a way in a thread of its own, at most so many items at once, in order."""

    def __init__(self, name: str, way: Way[Item], at_once: int = 1) -> None:
        """Start with nothing offered, and no thread."""
        self._name, self._at_once = name, at_once
        self._way: Way[Item] = way
        self._bell = threading.Condition()
        self._queue: deque[Item] = deque()
        self._answers: list[Answer] = []
        self._rest_until = 0.0
        self._again_at: float | None = None
        self._busy = self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """Return what it is called in the configuration, in metrics and on disk."""
        return self._name

    def offer(self, item: Item, /) -> None:
        """Take an item to carry; the courier bounds how many."""
        with self._bell:
            if not self._closed:
                self._queue.append(item)
                self._ring()

    def go(self) -> None:
        """Go the way now, though nothing is offered."""
        with self._bell:
            self._again_at = time.monotonic()
            self._ring()

    def answers(self) -> list[Answer]:
        """Return what became of items since this was last asked."""
        with self._bell:
            answers, self._answers = self._answers, []
        return answers

    def close(self, patience_s: float = 0.0) -> None:
        """Carry what was offered, as far as that is done in so long; then let go of the rest, which gets no answer."""
        with self._bell:
            self._bell.wait_for(lambda: not self._queue and not self._busy, patience_s)
            self._closed = True
            self._bell.notify_all()
        self._way.abort()

    def _ring(self) -> None:
        """Wake the thread, or begin it; the bell is held."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"sink {self._name}", daemon=True)
            self._thread.start()
        self._bell.notify_all()

    def _run(self) -> None:
        """Carry until closed."""
        while (items := self._next()) is not None:
            try:
                carried = self._way.carry(items)
            except Exception as fault:
                log.exception("%s failed by a fault in the detector itself, please report it", self._name)
                carried = Carried([Answer(item.key, f"failed: {fault!r}") for item in items])
            self._note(carried)

    def _next(self) -> list[Item] | None:
        """Wait for something to carry, or for the time to go with nothing; None when closed."""
        with self._bell:
            while not self._closed:
                now = time.monotonic()
                again = self._again_at is not None and now >= self._again_at
                if now >= self._rest_until and (again or self._queue):
                    self._again_at, self._busy = None if again else self._again_at, True
                    return [] if again else [self._queue.popleft() for _ in range(min(self._at_once, len(self._queue)))]
                self._bell.wait(self._pause_s(now))
            return None

    def _pause_s(self, now: float) -> float | None:
        """Return how long nothing will be to do unless the bell rings."""
        if self._queue:
            return max(0.0, self._rest_until - now)
        return None if self._again_at is None else max(0.0, max(self._again_at, self._rest_until) - now)

    def _note(self, carried: Carried) -> None:
        """Keep the answers, and when to go again."""
        with self._bell:
            now = time.monotonic()
            self._answers += carried.answers
            self._rest_until = now + carried.rest_s
            if carried.again_in_s is not None:
                again_at = now + carried.again_in_s
                self._again_at = again_at if self._again_at is None else min(self._again_at, again_at)
            self._busy = False
            self._bell.notify_all()
