"""One connection, one request: read within bounds, and not logged.

In: a client's bytes. Out: a request for the WSGI application, or the library's answer to one that is too long.
"""

from http.client import LineTooLong
from typing import Any, BinaryIO, ClassVar, Final
from wsgiref.simple_server import WSGIRequestHandler

SILENCE_S: Final = 5.0
"""Longest wait for a client's next byte."""

MAX_HEAD: Final = 65_536
"""Bytes of a request line and headers; a body is never read."""


class _Head:
    """Reads a request's lines as far as `MAX_HEAD` goes; the library alone would take a hundred lines of that size."""

    def __init__(self, beneath: BinaryIO) -> None:
        """Read from `beneath`."""
        self._beneath = beneath
        self._left = MAX_HEAD

    def readline(self, size: int) -> bytes:
        """Read a line.

        Raises: LineTooLong when there were too many, which the library answers.
        """
        if self._left <= 0:
            raise LineTooLong("headers")
        line = self._beneath.readline(size)
        self._left -= len(line)
        return line

    def close(self) -> None:
        """Close what is beneath."""
        self._beneath.close()


class Exchange(WSGIRequestHandler):
    """One connection, one request."""

    timeout: ClassVar[float | None] = SILENCE_S
    server_version = "detector"
    sys_version = ""
    rfile: Any

    def setup(self) -> None:
        """Bound what is read of the request."""
        super().setup()
        self.rfile = _Head(self.rfile)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's signature
        """Log nothing: scrapes would fill the log."""
