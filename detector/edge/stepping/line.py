"""The line to the engine's process: what is said there, and what comes back, heard as it comes.

In: messages. Out: those of the other end, in order. Once that has ended, whoever says or asks anything is told so, however often that was caught.
"""

import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from queue import SimpleQueue
from typing import Any, Final

from detector.edge.stepping.messages import Failed
from detector.edge.stepping.stepper import EngineGoneError

LOST: Final = "the engine's process has ended"


class Line:
    """One end; a thread of its own listens, so that neither side ever waits for the other to."""

    def __init__(self, connection: Connection) -> None:
        """Listen to a connection, which is this one's from here on."""
        self._connection = connection
        self._heard: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=_listen, args=(connection, self._heard), name="engine", daemon=True).start()

    @property
    def waits(self) -> bool:
        """Whether there is something to be heard."""
        return not self._heard.empty()

    def say(self, message: object) -> None:
        """Tell the engine's process something.

        Raises: EngineGoneError.
        """
        try:
            self._connection.send(message)
        except OSError as fault:
            raise EngineGoneError(LOST) from fault

    def hand_over(self, file: int, pid: int) -> None:
        """Hand a file to the engine's process, which has this id and expects one.

        Raises: EngineGoneError.
        """
        try:
            send_handle(self._connection, file, pid)
        except OSError as fault:  # it waits for the file now, and would take for one what is said next
            raise EngineGoneError(f"a file could not be handed to the engine's process: {fault}") from fault

    def hear(self, timeout_s: float | None = None) -> Any:
        """Return what the engine's process said next; wait for it.

        Raises: EngineGoneError; queue.Empty where nothing came in time.
        """
        heard = self._heard.get(timeout=timeout_s)
        if heard is None or isinstance(heard, Failed):
            self._heard.put(heard)  # for whoever asks next, who would wait for ever
            raise EngineGoneError(LOST if heard is None else heard.words)
        return heard

    def close(self) -> None:
        """Say and hear nothing more."""
        self._connection.close()


def _listen(connection: Connection, heard: SimpleQueue[Any]) -> None:
    """Take what the engine's process says as it comes; None at its end."""
    with suppress(EOFError, OSError):
        while True:
            heard.put(connection.recv())
    heard.put(None)
