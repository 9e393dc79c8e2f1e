"""Knows a message of QoS 1 again that the broker sends a second time, because it never heard that we have the first.

In: messages in order of arrival. Out: whether one was taken in before; stubs of those that were not, which the journal
commits with their readings, so that the next process knows them too. A broker sends a message again under its own packet
identifier, marked as a duplicate, in a session that goes on (MQTT 5.0, 3.3.1.1 and 4.4). So identifier and checksum tell it
from a new one; readings could not, where they bear no time of their own and a value may well be that of the reading before.
"""

import zlib
from collections.abc import Iterable

from detector.edge.inbox import Message
from detector.edge.journal import Stub


class Redelivery:
    """Packet identifiers of the session, each with the checksum of what it was last used for: at most 65,535."""

    def __init__(self, stubs: Iterable[Stub] = ()) -> None:
        """Know the messages that the journal has, oldest first."""
        self._known = dict(stubs)
        self._new: list[Stub] = []
        self._connection = 0

    def knows(self, message: Message) -> bool:
        """Return whether a message was taken in before; take note of it if not."""
        if not message.resumed and message.connection != self._connection:
            self._known.clear()  # a new session counts its packets anew
        self._connection = message.connection
        if message.qos == 0:
            return False
        checksum = zlib.crc32(message.payload, zlib.crc32(message.topic.encode(errors="surrogatepass")))
        if message.duplicate and self._known.get(message.mid) == checksum:
            return True
        self._known[message.mid] = checksum
        self._new.append(Stub(message.mid, checksum))
        return False

    def take_new(self) -> list[Stub]:
        """Return the stubs of the messages taken in since this was last asked."""
        new, self._new = self._new, []
        return new
