"""Knows a message of QoS 1 again that the broker sends a second time, because it never heard that we have the first.

In: messages in order of arrival. Out: whether one was taken in before; stubs of those that were not, which the journal
commits with their readings, so that the next process knows them too. A broker sends a message again under its own packet
identifier, marked as a duplicate, in a session that goes on (MQTT 5.0, 3.3.1.1 and 4.4). So identifier and checksum tell it
from a new one; readings could not, where they bear no time of their own and a value may well be that of the reading before.
"""

import zlib
from collections.abc import Iterable, Iterator

from detector.edge.journal import Stub
from detector.edge.parcel import DUPLICATE, QOS, Parcel


class Redelivery:
    """Packet identifiers of the session, each with the checksum of what it was last used for: at most 65,535."""

    def __init__(self, stubs: Iterable[Stub] = ()) -> None:
        """Know the messages that the journal has, oldest first."""
        self._known = dict(stubs)
        self._new: list[Stub] = []
        self._connection = 0

    def repeated(self, parcels: Iterable[Parcel]) -> set[int]:
        """Return which of some messages were taken in before, by their places; take note of those that were not."""
        repeated, first = set[int](), 0
        for parcel in parcels:
            if not parcel.resumed and parcel.connection != self._connection:
                self._known.clear()  # a new session counts its packets anew
            self._connection = parcel.connection
            if any(parcel.mids):
                repeated.update(first + place for place in self._repeated(parcel))
            first += len(parcel)
        return repeated

    def _repeated(self, parcel: Parcel) -> Iterator[int]:
        """Yield the places of the messages of one parcel that were taken in before."""
        messages = zip(parcel.topics, parcel.payloads, parcel.heads, parcel.mids, strict=True)
        for place, (topic, payload, head, mid) in enumerate(messages):
            if not head & QOS:
                continue
            checksum = zlib.crc32(payload, zlib.crc32(topic.encode(errors="surrogatepass")))
            if head & DUPLICATE and self._known.get(mid) == checksum:
                yield place
            else:
                self._known[mid] = checksum
                self._new.append(Stub(mid, checksum))

    def take_new(self) -> list[Stub]:
        """Return the stubs of the messages taken in since this was last asked."""
        new, self._new = self._new, []
        return new
