"""Devices that leave the range written for them, and how long it takes until somebody is told.

In: a broker. Out: seconds from a publication to the alert that it leads to, both at one client beside the daemon's.
"""

import threading
import time
from collections import deque
from contextlib import ExitStack
from typing import Final, Self

import orjson

from detector.domain import Kind, Transition
from detector.lab.bench.contenders import BASE, PROBE_CHANNEL, PROBE_RANGE, PROBE_TOPICS
from detector.lab.link import Listener, Publisher
from detector.settings import MqttSettings

PATIENCE_S: Final = 30.0
"""An alert that takes longer is not waited for any more."""

GIVE_UP: Final = 3
"""Alerts in a row that did not come; then no more are tried."""

DEVICE: Final = "probe-{number:05d}"

WITHIN: Final = orjson.dumps({PROBE_CHANNEL: sum(PROBE_RANGE) / 2})
BEYOND: Final = orjson.dumps({PROBE_CHANNEL: 2 * PROBE_RANGE[1]})

TAKEN_IN_S: Final = 1.0
"""Devices that were introduced are known after this time."""

PAUSES_S: Final = (0.011, 0.023, 0.037, 0.005, 0.017)
"""Between two probes, in turn: uneven, so that they keep no step with anything."""


class Prober:
    """A client that publishes for one probe after the other, and listens for their alerts; each device probes once."""

    def __init__(self, url: str) -> None:
        """Prepare; nothing is sent yet."""
        settings = MqttSettings(servers=[url], qos=0)
        self._publisher = Publisher(settings, "bench-prober")
        self._listener = Listener(settings, "bench-listener", [f"{BASE}/alerts/#"], self._hear)
        self._awaited, self._told_at = "", 0.0
        self._told = threading.Event()
        self._known: deque[str] = deque()
        """Devices that were heard of, and have not probed yet."""
        self._introduced = 0
        self.published = 0
        """Readings, in all."""
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Connect.

        Raises: LinkError when the broker does not let us.
        """
        self._stack.enter_context(self._publisher)
        self._stack.enter_context(self._listener)
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._stack.close()

    def introduce(self, devices: int) -> None:
        """Let the daemon hear of so many more devices, within their range, and take them in."""
        for number in range(self._introduced, self._introduced + devices):
            device = DEVICE.format(number=number)
            self._publish(device, WITHIN)
            self._known.append(device)
        self._introduced += devices
        time.sleep(TAKEN_IN_S)

    def probe(self, times: int) -> list[float | None]:
        """Return how long each alert took, seconds; None for one that did not come; fewer where none comes any more."""
        if len(self._known) < times:
            self.introduce(times - len(self._known))
        took: list[float | None] = []
        for place in range(times):
            time.sleep(PAUSES_S[place % len(PAUSES_S)])
            took.append(self._probe(self._known.popleft()))
            if took[-GIVE_UP:] == [None] * GIVE_UP:
                break
        return took

    def _probe(self, device: str) -> float | None:
        """Let one device leave its range; return how long its alert took."""
        self._told.clear()
        self._awaited, began = device, time.monotonic()
        self._publish(device, BEYOND)
        return self._told_at - began if self._told.wait(PATIENCE_S) else None

    def _publish(self, device: str, payload: bytes) -> None:
        """Send one reading."""
        self._publisher.publish(PROBE_TOPICS.format(device=device), payload)
        self.published += 1

    def _hear(self, _topic: str, payload: bytes) -> None:
        """Note the alert that is waited for."""
        at, event = time.monotonic(), orjson.loads(payload)
        found = (event["device"], event["kind"], event["event"])
        if found == (self._awaited, Kind.RANGE.value, Transition.OPENED.value):
            self._told_at = at
            self._told.set()
