"""Records what a configuration listens to, or what a daemon has in its journal, in order of arrival.

In: MQTT messages, or a journal. Out: a recording in the long form, and counts of what was rejected. A message is acknowledged once its
readings are written and flushed.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable

from detector.clock import Clock, MonoTime
from detector.domain import Reading, RejectReason
from detector.edge.inbox import Inbox
from detector.edge.parcel import Message, Parcel
from detector.edge.recording import RecordingFile
from detector.stream.decode import Decoder

TURN_S = 0.2
"""Longest wait for a message in one turn, and so the longest that a flush or a stop waits."""

TURN_MESSAGES = 1000
"""Most messages between two flushes."""


def copy_readings(recorded: Iterable[Reading], file: RecordingFile) -> int:
    """Write readings that were recorded before; return how many.

    Raises: RecordingError when their source turns out to be damaged, after what could be read.
    """
    written = 0
    for reading in recorded:
        file.write(reading)
        written += 1
    return written


class Recorder:
    """Writes what the inbox gives until it is stopped, or its time is over."""

    def __init__(self, decoder: Decoder, file: RecordingFile, own_base: str | None) -> None:
        """Have recorded nothing yet; what a daemon publishes under `own_base` is passed over."""
        self.readings = 0
        self.rejected: Counter[RejectReason] = Counter()
        self.first_rejected: dict[RejectReason, str] = {}
        """Where each kind of fault was met first."""
        self._decoder, self._file = decoder, file
        self._own = None if own_base is None else f"{own_base}/"

    def run(
        self,
        inbox: Inbox,
        acknowledge: Callable[[Iterable[Parcel]], None],
        clock: Clock,
        stop: threading.Event,
        duration_s: float | None,
    ) -> None:
        """Record until `stop` is set or `duration_s` is over; what has arrived by then is still written."""
        end = None if duration_s is None else MonoTime(clock.mono() + duration_s)
        while not stop.is_set() and (end is None or clock.mono() < end):
            self._turn(inbox.take(TURN_MESSAGES, TURN_S), acknowledge)
        inbox.close()
        while arrived := inbox.take(TURN_MESSAGES, 0.0):
            self._turn(arrived, acknowledge)

    def _turn(self, arrived: list[Parcel], acknowledge: Callable[[Iterable[Parcel]], None]) -> None:
        """Write what arrived, and only then let the broker forget it."""
        for parcel in arrived:
            for message in parcel:
                self.write(message)
        if arrived:
            self._file.flush()
            acknowledge(arrived)

    def write(self, message: Message) -> None:
        """Write the readings of one message."""
        if self._own is not None and message.topic.startswith(self._own):
            return
        for found in self._decoder.decode(message.topic, message.payload, message.arrived):
            if isinstance(found, Reading):
                self._file.write(found)
                self.readings += 1
            else:
                self.rejected[found.reason] += 1
                self.first_rejected.setdefault(found.reason, f"{message.topic}: {found.detail}")
