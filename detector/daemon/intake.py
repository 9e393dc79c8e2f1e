"""Messages to readings: decodes what the inbox gave, and accounts for what gave no reading.

In: MQTT messages. Out: readings in order of arrival; rejections are counted, and logged by their reason.
"""

import logging
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from detector.daemon.redelivery import Redelivery
from detector.domain import EventTime, Reading, Rejected, RejectReason
from detector.edge.ledger import Ledger
from detector.edge.parcel import RETAIN, USUAL, Parcel
from detector.notices import Directory
from detector.readings import Columns, Name, Readings
from detector.settings import SensorSettings
from detector.stream.block import Block, join
from detector.stream.decode import REMEMBERED_TOPICS, Decoder, Route
from detector.stream.plain import PlainDecoder

log = logging.getLogger("detector.intake")


MANY: Final = 16
"""Messages from which on it is cheaper to read them at once than one by one (`python -m timeit`)."""

NO_TOPIC: Final = ""
"""In the place of the topic of a message that is to be read by itself; no message has it (MQTT 5.0, 4.7.3)."""


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

    def decode(self, parcels: Sequence[Parcel]) -> Readings:
        """Return the readings of all messages, in order; those of a message that came before are counted as duplicates.

        Of many messages most are read at once; what is unusual in one, or in its payload, leaves it to be read by itself.
        """
        self._note_again()
        columns, count = self._plain.columns(), sum(map(len, parcels))
        repeated = self.redelivery.repeated(parcels)
        if count < MANY:
            self._read_by_one(parcels, [False] * count, repeated, columns)
            return columns.readings()
        at_once, read = self._read_many(parcels), np.zeros(count, np.bool_)
        read[at_once.places] = True
        messages = int(np.count_nonzero(read))
        self._ledger.decoded_plainly(messages, len(at_once.places))
        if messages == count:
            return Readings(columns.names, at_once.numbers, at_once.at_us, at_once.values)
        places = self._read_by_one(parcels, read.tolist(), repeated, columns)
        by_one = columns.readings()
        rest = Block(np.array(places, np.intp), by_one.numbers, by_one.at_us, by_one.values)
        _, numbers, at_us, values = join([at_once, rest])
        return Readings(columns.names, numbers, at_us, values)

    def _read_many(self, parcels: Sequence[Parcel]) -> Block:
        """Read the messages that are plain in the way of all, and neither retained nor sent again."""
        topics, payloads = list[str](), list[bytes]()
        for parcel in parcels:
            topics += parcel.topics if parcel.usual else _usual_topics(parcel)
            payloads += parcel.payloads
        return self._plain.take_many(topics, payloads, np.concatenate([parcel.arrived_us for parcel in parcels]))

    def _read_by_one(
        self, parcels: Sequence[Parcel], read: Sequence[bool], repeated: set[int], columns: Columns
    ) -> list[int]:
        """Read the other messages into columns; return the place of the message of each reading."""
        take, places = self._plain.take, list[int]()
        plain = told = again = 0
        messages = chain.from_iterable(zip(x.topics, x.payloads, x.heads, x.arrived, strict=True) for x in parcels)
        for place, (topic, payload, head, at) in enumerate(messages):
            if read[place]:
                continue
            before, arrived, retained = len(columns), EventTime(at), head & RETAIN != 0
            if not retained and take(topic, payload, arrived, columns):
                plain += 1
                told += len(columns) - before
            else:
                for device, channel, told_at, value, entry in self._decode_one(topic, payload, arrived, retained):
                    columns.add(Name(device, channel, entry), told_at, value)
            if place in repeated:
                again += len(columns) - before
                columns.cut(before)
            places += [place] * (len(columns) - before)
        self._ledger.decoded_plainly(plain, told)
        self._ledger.repeated(again)
        return places

    def _decode_one(self, topic: str, payload: bytes, arrived: EventTime, retained: bool) -> list[Reading]:
        """Return the readings of one message; count it, and log what was rejected."""
        found = [self._unless_stale(x) if retained else x for x in self._decoder.decode(topic, payload, arrived)]
        readings = [x for x in found if isinstance(x, Reading)]
        rejected = [x for x in found if isinstance(x, Rejected)]
        self._ledger.decoded(len(readings), [x.reason for x in rejected])
        if readings:
            self._note(self._decoder.route(topic))
        for reason, detail in rejected:
            log.warning("rejected (%s) on %.200r: %s", reason, topic, detail, extra={"kind": f"rejected {reason}"})
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

    def _unless_stale(self, found: Reading | Rejected) -> Reading | Rejected:
        """Refuse a retained value that doesn't say when it was measured: its arrival says only when we subscribed."""
        if isinstance(found, Reading) and self._sensors[found.entry].timestamp is None:
            return Rejected(RejectReason.STALE_RETAINED, "retained by the broker, and without a timestamp of its own")
        return found


def _usual_topics(parcel: Parcel) -> list[str]:
    """Return the topics of messages, `NO_TOPIC` for those that are retained or may have been sent before."""
    return [topic if head in USUAL else NO_TOPIC for topic, head in zip(parcel.topics, parcel.heads, strict=True)]
