"""Keeps a mosquitto's queue from running dry, and from running over, whoever reads from it.

In: a broker that tells its own counts each second, a load. Out: the load's rate, so that about a second's messages wait for the
contender. A mosquitto that is simply flooded reads on and throws away what is not fetched in time: with it goes the time of a
core, and with a full queue even the acknowledgements that it owes the one who reads (2.0.11, packet__queue).
"""

import threading
import time
from types import TracebackType
from typing import Final, Self

from detector.lab.bench.load import Load
from detector.lab.link import Listener
from detector.settings import MqttSettings

BROKER_CONFIG: Final = "max_queued_messages 1000000\nsys_interval 1\n"

RECEIVED, SENT, ALL_SENT = (f"$SYS/broker/{words}" for words in (
    "publish/messages/received", "publish/messages/sent", "messages/sent",
))  # fmt: skip
"""Publications taken by mosquitto; of QoS 0, put on a socket; packets of all kinds put on a socket."""

FIRST_RATE: Final = 2000.0
LEAST_RATE: Final = 500.0

WAITING_S: Final = 1.0
"""So much of what is fetched shall wait."""
SETTLES_S: Final = 2.0
"""A queue that is too long or too short is corrected within this time."""
GROWTH: Final = 3.0
"""What finds its way through at once may be so much more next time."""
TAKES_LESS: Final = 0.7
"""A broker that takes less than this part of what it is offered takes no more."""


class Pilot:
    """Steers a load for the length of a `with`."""

    def __init__(self, url: str, load: Load, qos: int) -> None:
        """Prepare to listen to what the broker says of itself."""
        settings = MqttSettings(servers=[url], qos=0)
        self._listener = Listener(settings, "bench-pilot", [RECEIVED, SENT, ALL_SENT], self._hear)
        self._load, self._qos = load, qos
        self.level = threading.Event()
        """Set once more is on offer than the one who reads takes, or than the broker does."""
        self._counts: dict[str, float] = {}
        self._rate = FIRST_RATE
        self._received = self._fetched = 0.0
        self._at = time.monotonic()

    def __enter__(self) -> Self:
        """Begin to send."""
        self._listener.__enter__()
        self._load.go(self._rate)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the load as it is."""
        self._listener.__exit__(kind, fault, trace)

    def _hear(self, topic: str, payload: bytes) -> None:
        """Take a count; with the last one of each round, steer."""
        self._counts[topic] = float(payload)
        if topic == SENT and len(self._counts) == 3:
            self._steer()

    def _steer(self) -> None:
        """Set the rate by how much waits and how fast it is fetched."""
        received = self._counts[RECEIVED]
        # A publication of QoS 1 is not among those sent; of all packets, those that acknowledge the load are not fetched.
        fetched = self._counts[SENT] if self._qos == 0 else self._counts[ALL_SENT] - received
        now = time.monotonic()
        passed_s = max(0.1, now - self._at)
        fetched_rate = max(LEAST_RATE, (fetched - self._fetched) / passed_s)
        waits, wanted = received - fetched, WAITING_S * fetched_rate
        if waits >= 0.1 * wanted:
            self._rate = max(LEAST_RATE, fetched_rate + (wanted - waits) / SETTLES_S)
            self.level.set()
        elif received - self._received < TAKES_LESS * self._rate * passed_s:
            self.level.set()
        else:
            self._rate = GROWTH * self._rate
        self._received, self._fetched, self._at = received, fetched, now
        self._load.go(self._rate)
