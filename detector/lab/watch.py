"""What can be seen of the fleet on MQTT: the daemon's retained states and its alerts, as any subscriber hears them.

In: topics and payloads, from the link's thread. Out: copies of the picture, for any thread.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from detector.domain import MICROSECONDS, EventTime
from detector.lab.tally import Opened

BASE: Final = "detector"
"""The daemon's base topic in a demo."""

TRACE_LENGTH: Final = 40
"""States of a channel that are remembered."""


class Point(NamedTuple):
    """One published state of a channel; None is not known."""

    value: float
    expected: float | None
    lower: float | None
    upper: float | None
    score: float | None
    anomalous: int
    verdict: str | None


ChannelKey = tuple[str, str]
"""Device and channel."""


class Picture(NamedTuple):
    """A copy of everything heard so far."""

    traces: dict[ChannelKey, tuple[Point, ...]]
    """Oldest point first."""
    alerts: tuple[Opened, ...]
    """In the order they were published."""
    silent: frozenset[str]
    """Devices with an open alert of silence."""


@dataclass
class Watch:
    """Listens; thread-safe."""

    offline: threading.Event = field(default_factory=threading.Event)
    """Set when the daemon has said goodbye: nothing comes after that."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _traces: dict[ChannelKey, deque[Point]] = field(default_factory=dict)
    _alerts: list[Opened] = field(default_factory=list)
    _silent: set[str] = field(default_factory=set)

    @property
    def filters(self) -> tuple[str, ...]:
        """Return what to subscribe to."""
        return (f"{BASE}/status", f"{BASE}/alerts/#", f"{BASE}/devices/#")

    def hear(self, topic: str, payload: bytes) -> None:
        """Take in a message."""
        match topic.split("/")[1:]:
            case ["status"]:
                if payload == b"offline":
                    self.offline.set()
            case ["alerts", *_]:
                self._hear_alert(orjson.loads(payload))
            case ["devices", device, channel, "state"] if payload:
                self._hear_state((device, channel), orjson.loads(payload))

    def picture(self) -> Picture:
        """Return a copy of everything heard so far."""
        with self._lock:
            traces = {key: tuple(trace) for key, trace in self._traces.items()}
            return Picture(traces, tuple(self._alerts), frozenset(self._silent))

    def _hear_state(self, key: ChannelKey, said: dict[str, Any]) -> None:
        """Add a point to a channel's trace."""
        point = Point(**{name: said[name] for name in Point._fields})
        with self._lock:
            self._traces.setdefault(key, deque(maxlen=TRACE_LENGTH)).append(point)

    def _hear_alert(self, said: dict[str, Any]) -> None:
        """Note an alert that opens, and who is silent."""
        with self._lock:
            if said["event"] == "opened":
                rest = (said[name] for name in Opened._fields[1:])
                self._alerts.append(Opened(_event_time(said["at"]), *rest))
            if said["kind"] == "silent":
                (self._silent.discard if said["event"] == "closed" else self._silent.add)(said["device"])


def _event_time(text: str) -> EventTime:
    """Read a timestamp that the daemon wrote."""
    return EventTime(round(datetime.fromisoformat(text).timestamp() * MICROSECONDS))
