"""Plays recordings back onto MQTT: one JSON message for each device and moment, at a multiple of the speed of life.

In: rows in stream order. Out: messages on the broker, in that order, with the very numbers and times of the recording,
so that a daemon that reads them says what a replay of the recording says.
"""

import math
import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import orjson

from detector.clock import Clock
from detector.domain import MICROSECONDS, EventTime, Reading
from detector.edge.recording import Row
from detector.errors import RecordingError
from detector.stream.timestamp import format_event_time

TIMESTAMP = "timestamp"
"""The field that holds the event time, as ISO 8601."""


class Message(NamedTuple):
    """One message to play."""

    arrived: EventTime
    """The moment of the recordings at which it is due; later than its timestamp when it was late."""
    topic: str
    payload: bytes


class Publisher(Protocol):
    """Where messages go."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish, waiting while the broker is behind."""
        ...

    def flush(self) -> None:
        """Wait until the broker has everything."""
        ...


def messages(rows: Iterable[Row], topic: str) -> Iterator[Message]:
    """Yield the messages that give the rows' readings in the same order; `topic` has the device's name for `{device}`.

    Raises: RecordingError when a device's name cannot stand in a topic.
    """
    arrived, gathered = EventTime(0), list[Reading]()
    for row in rows:
        for reading in row.readings:
            if not isinstance(reading, Reading):
                continue
            if gathered and not _belongs(reading, gathered):
                yield _message(arrived, gathered, topic)
                gathered = []
            if not gathered:
                arrived = row.arrived
            gathered.append(reading)
    if gathered:
        yield _message(arrived, gathered, topic)


class Player:
    """Publishes messages at their pace; `stop` ends it early from another thread or a signal."""

    def __init__(self, publisher: Publisher, clock: Clock, stop: threading.Event) -> None:
        """Have played nothing yet."""
        self.played = 0
        self.now: EventTime | None = None
        """The moment of the recordings that has been reached."""
        self._publisher, self._clock, self._stop = publisher, clock, stop

    def play(self, waiting: Iterable[Message], speed: float) -> None:
        """Publish each message when it is due, `speed` times as fast as it was; infinity: as fast as the broker takes them.

        Returns when the broker has everything that was published. Raises: LinkError when the broker is gone.
        """
        begun = self._clock.mono()
        first: EventTime | None = None
        for message in waiting:
            first = message.arrived if first is None else first
            due_s = (message.arrived - first) / MICROSECONDS / speed
            wait_s = due_s - (self._clock.mono() - begun)
            if self._stop.is_set() or (wait_s > 0 and self._stop.wait(wait_s)):
                break
            self._publisher.publish(message.topic, message.payload)
            self.played += 1
            self.now = message.arrived
        self._publisher.flush()


def parse_speed(text: str) -> float:
    """Read a speed: `1` is life, `60` a minute in a second, `max` or `0` as fast as the broker takes.

    Raises: ValueError when it is none of these.
    """
    if text in ("max", "0"):
        return math.inf
    speed = float(text.removesuffix("x"))
    if not (math.isfinite(speed) and speed > 0.0):
        raise ValueError(f"expected a speed such as 1, 60 or max, got {text!r}")
    return speed


def _belongs(reading: Reading, gathered: list[Reading]) -> bool:
    """Tell whether a reading is of the same device and moment, and a channel that the message does not have yet."""
    first = gathered[0]
    same = reading.device == first.device and reading.at == first.at
    return same and all(reading.channel != other.channel for other in gathered)


def _message(arrived: EventTime, gathered: list[Reading], topic: str) -> Message:
    """Write one message; JSON numbers are the shortest that read back to the same float64."""
    device, at = gathered[0].device, gathered[0].at
    if set(device) & set("/+#"):
        raise RecordingError(
            f"device {device!r}: expected a name that can be a level of a topic, got one with /, + or #; rename it"
        )
    if any(reading.channel == TIMESTAMP for reading in gathered):
        raise RecordingError(f"device {device!r}: expected another name than {TIMESTAMP!r} for a channel; rename it")
    values = {reading.channel: reading.value for reading in gathered}
    return Message(
        arrived, topic.replace("{device}", device), orjson.dumps({TIMESTAMP: format_event_time(at), **values})
    )
