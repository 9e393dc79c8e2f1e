"""Log lines: one an event, bounded in rate, safe to print."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from detector.clock import MonoTime, WallTime
from detector.edge.logs import Log, printable
from detector.settings import LogSettings


class StoppedClock:
    """A clock that goes on only when told to."""

    def __init__(self) -> None:
        """Start at zero."""
        self.now = 0.0

    def wall(self) -> WallTime:
        """Return the wall time."""
        return WallTime(self.now)

    def mono(self) -> MonoTime:
        """Return the monotonic time."""
        return MonoTime(self.now)


def fail(text: str) -> None:
    """Raise an exception with this text."""
    raise ValueError(text)


class Desk:
    """A log on a stream that a test can read."""

    def __init__(self) -> None:
        """Start logging."""
        self.clock, self.stream = StoppedClock(), io.StringIO()
        self.log = Log(self.stream, self.clock)
        self.logger = logging.getLogger("detector.test")

    @property
    def lines(self) -> list[str]:
        """What was written, by lines."""
        return self.stream.getvalue().splitlines()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A log of the test's own, closed afterwards."""
    made = Desk()
    yield made
    made.log.close()
    logging.captureWarnings(False)


def test_a_line_has_time_level_logger_and_sentence(desk: Desk) -> None:
    """A text line says when, how bad, who and what; without a terminal it has no colours."""
    desk.logger.warning("lost %s", "the broker")
    (line,) = desk.lines
    assert line.endswith("Z warning detector.test: lost the broker")
    assert "\x1b" not in line


@pytest.mark.parametrize(
    "hostile", ["a\nb", "a\r\nb", "\x1b[2J", "\x9b2J", "\u2028", "\u202egnp", "\ud800", "\x00", "\x7f"]
)
def test_no_text_can_end_a_line_or_steer_a_terminal(desk: Desk, hostile: str) -> None:
    """Control characters of a payload reach the log as escapes only, in text and in JSON."""
    desk.logger.error("got %s", hostile)
    desk.log.configure(LogSettings(format="json"))
    desk.logger.error("got %s", hostile)
    assert len(desk.lines) == 2
    assert all(character.isprintable() for line in desk.lines for character in line)


def test_printable_leaves_other_text_alone() -> None:
    """Letters, units and spaces of any language are left as they are."""
    assert printable("21.5 °C — Öfen, 温度") == "21.5 °C — Öfen, 温度"


def test_a_json_line_holds_the_same(desk: Desk) -> None:
    """A JSON line has time, level, logger, message, and the traceback of an exception."""
    desk.log.configure(LogSettings(format="json"))
    try:
        fail("no\nway")
    except ValueError:
        desk.logger.exception("failed on %s", "pump-1")
    (line,) = [json.loads(line) for line in desk.lines]
    assert (line["level"], line["logger"], line["message"]) == ("error", "detector.test", "failed on pump-1")
    assert "ValueError: no\nway" in line["traceback"]


def test_a_traceback_cannot_pass_for_lines_of_its_own(desk: Desk) -> None:
    """The lines of a traceback, and of the message in it, are indented."""
    try:
        fail("x\n2026-01-01T00:00:00.000Z error forged: line")
    except ValueError:
        desk.logger.exception("failed")
    assert all(line.startswith("    ") for line in desk.lines[1:])


def test_repeats_are_counted_and_told(desk: Desk) -> None:
    """Beyond so many lines of one kind a minute the rest is counted, and told when the minute is over."""
    desk.log.configure(LogSettings(repeats_per_minute=3))
    for number in range(10):
        desk.logger.warning("rejected %d", number)
    desk.logger.warning("something else")
    assert len(desk.lines) == 4
    desk.clock.now = 61.0
    desk.log.tell_suppressed()
    assert desk.lines[4].endswith("7 more like this suppressed, the last: rejected 9")
    desk.logger.warning("rejected %d", 11)
    assert len(desk.lines) == 6


def test_kinds_of_one_template_can_be_told_apart(desk: Desk) -> None:
    """With `kind`, lines of one template have a bound each."""
    desk.log.configure(LogSettings(repeats_per_minute=1))
    for reason in ("null", "null", "malformed"):
        desk.logger.warning("rejected (%s)", reason, extra={"kind": reason})
    assert len(desk.lines) == 2


def test_what_was_held_back_is_told_at_the_end(desk: Desk) -> None:
    """Closing the log tells what it still holds back, so that no line vanishes without a count."""
    desk.log.configure(LogSettings(repeats_per_minute=1))
    for _ in range(3):
        desk.logger.warning("again")
    desk.log.close()
    assert "2 more like this suppressed" in desk.lines[-1]


def test_kinds_without_end_are_bounded(desk: Desk) -> None:
    """A library that logs without templates cannot fill the memory or the log."""
    desk.log.configure(LogSettings(repeats_per_minute=1))
    for number in range(3000):
        desk.logger.warning(f"number {number}")  # noqa: G004 - what this test is about
    assert len(desk.lines) < 1100
