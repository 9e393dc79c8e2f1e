"""The log: one line an event on stderr, bounded in rate, safe to print.

In: the standard library's log records. Out: text for people or JSON for machines. Lines of one kind beyond
`repeats_per_minute` are counted instead of written, and the count is told when their minute is over.
A kind is a logger and a message template, told apart further by `extra={"kind": ...}`.
"""

import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from detector.clock import Clock, MonoTime
from detector.settings import LogSettings

MINUTE_S = 60.0
MAX_KINDS = 1000
"""Kinds counted apart; beyond that (libraries that log without templates) they share one count."""

COLOURS = {"WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31;1m"}
RESET = "\x1b[0m"

# C0 and C1 controls, line and paragraph separators, and the marks that reorder what a terminal shows.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return `text` with everything that could end a line or steer a terminal written as an escape."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def _written_at(record: logging.LogRecord) -> str:
    """Return the record's wall time in ISO 8601, UTC, milliseconds."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextFormatter(logging.Formatter):
    """Time, level, logger, sentence; a traceback follows on indented lines."""

    def __init__(self, colours: dict[str, str]) -> None:
        """Take the colour of each level; an empty mapping where there is no terminal."""
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and one indented line more for each line of a traceback."""
        colour = self._colours.get(record.levelname, "")
        level = f"{colour}{record.levelname.lower():<7}{RESET if colour else ''}"
        line = f"{_written_at(record)} {level} {record.name}: {printable(record.getMessage())}"
        if record.exc_info:
            line += "".join(f"\n    {printable(below)}" for below in self.formatException(record.exc_info).splitlines())
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of ASCII: JSON's own escapes leave no control character in it."""
        line = {
            "time": _written_at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


@dataclass(slots=True)
class _Minute:
    """The present minute of one kind of line."""

    ends: MonoTime
    seen: int
    last: logging.LogRecord


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes records to a stream, at most so many of one kind a minute."""

    def __init__(self, stream: TextIO, repeats_per_minute: int, clock: Clock) -> None:
        """Write to `stream`; `clock` tells when a minute is over."""
        super().__init__(stream)
        self._limit = repeats_per_minute
        self._clock = clock
        self._minutes: dict[tuple[str, str], _Minute] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, unless its kind has had its share of this minute."""
        self._tell_suppressed(self._clock.mono())
        if self._admits(record):
            super().emit(record)

    def tell_suppressed(self) -> None:
        """Write how many lines were held back in minutes that are over; for a quiet log, call it now and then."""
        self.acquire()
        try:
            self._tell_suppressed(self._clock.mono())
        finally:
            self.release()

    def close(self) -> None:
        """Tell what is still held back, then let the stream go."""
        self._tell_suppressed(MonoTime(float("inf")))
        super().close()

    def _admits(self, record: logging.LogRecord) -> bool:
        """Count the record to its kind; return whether it may be written."""
        kind = (record.name, str(getattr(record, "kind", record.msg)))
        if kind not in self._minutes and len(self._minutes) >= MAX_KINDS:
            kind = ("", "")
        minute = self._minutes.setdefault(kind, _Minute(MonoTime(self._clock.mono() + MINUTE_S), 0, record))
        minute.seen, minute.last = minute.seen + 1, record
        return minute.seen <= self._limit

    def _tell_suppressed(self, now: MonoTime) -> None:
        """End the minutes that are over, and write the count of those in which something was held back."""
        while self._minutes:
            kind, minute = next(iter(self._minutes.items()))  # the oldest: a dict keeps the order of insertion
            if minute.ends > now:
                return
            del self._minutes[kind]
            if minute.seen > self._limit:
                super().emit(_summary(minute.last, minute.seen - self._limit))


def _summary(last: logging.LogRecord, held_back: int) -> logging.LogRecord:
    """Return the line that stands for the lines held back."""
    return logging.LogRecord(
        last.name, last.levelno, last.pathname, last.lineno,
        "%d more like this suppressed, the last: %s", (held_back, last.getMessage()), None,
    )  # fmt: skip


class Log:
    """Everything the process logs, on one stream; a reload configures it anew."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        """Log to `stream` from now on, as the settings' defaults say."""
        self._stream, self._clock = stream, clock
        self._lines: LineHandler | None = None
        logging.captureWarnings(True)
        self.configure(LogSettings())

    def configure(self, settings: LogSettings) -> None:
        """Take over format, level and bound."""
        self.close()
        self._lines = LineHandler(self._stream, settings.repeats_per_minute, self._clock)
        text = TextFormatter(COLOURS if self._stream.isatty() else {})
        self._lines.setFormatter(JsonFormatter() if settings.format == "json" else text)
        logging.getLogger().addHandler(self._lines)
        logging.getLogger().setLevel(logging.WARNING)  # libraries; ours have a level of their own
        logging.getLogger("detector").setLevel(settings.level.upper())

    def tell_suppressed(self) -> None:
        """Write how many lines were held back in minutes that are over."""
        if self._lines is not None:
            self._lines.tell_suppressed()

    def close(self) -> None:
        """Log no more to the stream."""
        if self._lines is not None:
            logging.getLogger().removeHandler(self._lines)
            self._lines.close()
            self._lines = None
