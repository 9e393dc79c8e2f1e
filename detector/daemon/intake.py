"""Messages to readings: decodes what the inbox gave, and accounts for what gave no reading.

In: MQTT messages. Out: readings in order of arrival; rejections are counted, and logged by their reason.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from detector.daemon.redelivery import Redelivery
from detector.domain import Reading, Rejected, RejectReason
from detector.edge.inbox import Message
from detector.edge.ledger import Ledger
from detector.notices import Directory
from detector.readings import Name, Readings
from detector.settings import SensorSettings
from detector.stream.decode import REMEMBERED_TOPICS, Decoder, Route
from detector.stream.plain import PlainDecoder

log = logging.getLogger("detector.intake")


class Limits(NamedTuple):
    """What is taken in at the most."""

    payload: int
    """Bytes of a payload."""
    channels: int
    """Channels of a device."""
    names: int
    """Channels of all devices."""


class Intake:
    """Decodes by the `sensors` of one configuration; a reload makes a new one."""

    def __init__(
        self,
        sensors: Sequence[SensorSettings],
        limits: Limits,
        ledger: Ledger,
        redelivery: Redelivery,
        directory: Directory | None = None,
    ) -> None:
        """Prepare to decode; what becomes of each message is written to `ledger`, and `redelivery` knows what was taken in.

        `directory` is told where devices are; None: nobody asks.
        """
        self._sensors = sensors
        self._decoder = Decoder(sensors, limits.payload, limits.channels)
        self._plain = PlainDecoder(self._decoder, limits.payload, limits.channels, limits.names, self._note)
        self._ledger = ledger
        self.redelivery = redelivery
        self._directory = directory
        self._known: dict[str, Route] = {}
        """By which route each device came last."""
        self._dropped = 0
        """How many devices the directory had dropped when this was last looked at."""

    def decode(self, messages: Iterable[Message]) -> Readings:
        """Return the readings of all messages, in order; those of a message that came before are counted as duplicates."""
        self._note_again()
        columns = self._plain.columns()
        take, knows = self._plain.take, self.redelivery.knows
        plain = told = repeated = 0
        for message in messages:
            before = len(columns)
            is_plain = not message.retain and take(message.topic, message.payload, message.arrived, columns)
            if is_plain:
                plain += 1
                told += len(columns) - before
            else:
                for device, channel, at, value, entry in self._decode_one(message):
                    columns.add(Name(device, channel, entry), at, value)
            if knows(message):
                repeated += len(columns) - before
                columns.cut(before)
        self._ledger.decoded_plainly(plain, told)
        self._ledger.repeated(repeated)
        return columns.readings()

    def _decode_one(self, message: Message) -> list[Reading]:
        """Return the readings of one message; count it, and log what was rejected."""
        found = [
            self._unless_stale(message, x)
            for x in self._decoder.decode(message.topic, message.payload, message.arrived)
        ]
        readings = [x for x in found if isinstance(x, Reading)]
        rejected = [x for x in found if isinstance(x, Rejected)]
        self._ledger.decoded(len(readings), [x.reason for x in rejected])
        if readings:
            self._note(self._decoder.route(message.topic))
        for reason, detail in rejected:
            log.warning(
                "rejected (%s) on %.200r: %s", reason, message.topic, detail, extra={"kind": f"rejected {reason}"}
            )
        return readings

    def _note_again(self) -> None:
        """Where the directory had no room for all devices, have each noted again that is heard: it may be one that had to go."""
        if self._directory is not None and self._directory.dropped != self._dropped:
            self._dropped = self._directory.dropped
            self._known.clear()
            self._plain.forget()

    def _note(self, route: Route | Rejected) -> None:
        """Note where a device is, by what its topic says."""
        if (
            self._directory is not None
            and isinstance(route, Route)
            and self._known.get(route.match.device) is not route
        ):
            if len(self._known) >= REMEMBERED_TOPICS:
                self._known.clear()
            self._known[route.match.device] = route
            self._directory.note(route.match.device, route.settings.name, route.match.labels)

    def _unless_stale(self, message: Message, found: Reading | Rejected) -> Reading | Rejected:
        """Refuse a retained value that doesn't say when it was measured: its arrival says only when we subscribed."""
        if message.retain and isinstance(found, Reading) and self._sensors[found.entry].timestamp is None:
            return Rejected(RejectReason.STALE_RETAINED, "retained by the broker, and without a timestamp of its own")
        return found
