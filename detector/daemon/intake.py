"""Messages to readings: decodes what the inbox gave, and accounts for what gave no reading.

In: MQTT messages. Out: readings in order of arrival; rejections are counted, and logged by their reason.
"""

import logging
from collections.abc import Iterable, Sequence

from detector.daemon.redelivery import Redelivery
from detector.domain import Reading, Rejected, RejectReason
from detector.edge.inbox import Message
from detector.edge.ledger import Ledger
from detector.notices import Directory
from detector.settings import SensorSettings
from detector.stream.decode import REMEMBERED_TOPICS, Decoder, Route

log = logging.getLogger("detector.intake")


class Intake:
    """Decodes by the `sensors` of one configuration; a reload makes a new one."""

    def __init__(
        self,
        sensors: Sequence[SensorSettings],
        max_payload: int,
        max_channels: int,
        ledger: Ledger,
        redelivery: Redelivery,
        directory: Directory | None = None,
    ) -> None:
        """Prepare to decode; what becomes of each message is written to `ledger`, and `redelivery` knows what was taken in.

        `directory` is told where devices are; None: nobody asks.
        """
        self._sensors = sensors
        self._decoder = Decoder(sensors, max_payload, max_channels)
        self._ledger = ledger
        self.redelivery = redelivery
        self._directory = directory
        self._known: dict[str, Route] = {}
        """By which route each device came last."""

    def decode(self, messages: Iterable[Message]) -> list[Reading]:
        """Return the readings of all messages, in order; those of a message that came before are counted as duplicates."""
        readings: list[Reading] = []
        for message in messages:
            found = self._decode_one(message)
            if self.redelivery.knows(message):
                self._ledger.repeated(len(found))
            else:
                readings += found
        return readings

    def _decode_one(self, message: Message) -> list[Reading]:
        """Return the readings of one message; count it, and log what was rejected."""
        found = [
            self._unless_stale(message, x)
            for x in self._decoder.decode(message.topic, message.payload, message.arrived)
        ]
        readings = [x for x in found if isinstance(x, Reading)]
        rejected = [x for x in found if isinstance(x, Rejected)]
        self._ledger.decoded(len(readings), [x.reason for x in rejected])
        if readings and self._directory is not None:
            self._note(message.topic, self._directory)
        for reason, detail in rejected:
            log.warning(
                "rejected (%s) on %.200r: %s", reason, message.topic, detail, extra={"kind": f"rejected {reason}"}
            )
        return readings

    def _note(self, topic: str, directory: Directory) -> None:
        """Note where a device is, by what its topic says."""
        route = self._decoder.route(topic)
        if isinstance(route, Route) and self._known.get(route.match.device) is not route:
            if len(self._known) >= REMEMBERED_TOPICS:
                self._known.clear()
            self._known[route.match.device] = route
            directory.note(route.match.device, route.settings.name, route.match.labels)

    def _unless_stale(self, message: Message, found: Reading | Rejected) -> Reading | Rejected:
        """Refuse a retained value that doesn't say when it was measured: its arrival says only when we subscribed."""
        if message.retain and isinstance(found, Reading) and self._sensors[found.entry].timestamp is None:
            return Rejected(RejectReason.STALE_RETAINED, "retained by the broker, and without a timestamp of its own")
        return found
