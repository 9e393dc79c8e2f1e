"""MQTT messages as they come, many at a time: columns, in which no message is an object of its own.

In: what one read of a socket brought. Out: a sequence of `Message`, for whoever wants them one by one.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from detector.domain import EventTime

PUBLISH: Final = 0x30
"""The first byte of a publication of QoS 0, neither retained nor sent again (MQTT 5.0, 3.3.1); below, the bits that tell."""
RETAIN: Final = 0x01
QOS: Final = 0x06
DUPLICATE: Final = 0x08
USUAL: Final = b"\x30\x32"
"""First bytes of publications of QoS 0 and 1 that are neither retained nor sent again."""


def head_of(qos: int, *, retain: bool, duplicate: bool) -> int:
    """Return the first byte of a publication."""
    return PUBLISH | qos << 1 | RETAIN * retain | DUPLICATE * duplicate


def flags_of(head: int) -> tuple[int, bool, bool]:
    """Return what the first byte of a publication says: quality of service, whether it is retained, whether it may be a duplicate."""
    return (head & QOS) >> 1, head & RETAIN != 0, head & DUPLICATE != 0


class Message(NamedTuple):
    """One MQTT message as it arrived, with what it takes to acknowledge it."""

    topic: str
    payload: bytes
    arrived: EventTime
    qos: int
    retain: bool
    duplicate: bool
    """The broker says that it may have sent this one before."""
    mid: int
    """The broker's packet identifier; used anew in every connection, hence the next field."""
    connection: int
    """Number of the connection it came through."""
    resumed: bool = False
    """The session is older than that connection."""


class Parcel(Sequence[Message]):
    """Messages of one connection, in order of arrival; every column has one entry a message."""

    __slots__ = ("arrived", "connection", "heads", "mids", "payloads", "resumed", "size", "topics")

    def __init__(
        self,
        topics: Sequence[str],
        payloads: Sequence[bytes],
        heads: bytes | bytearray,
        mids: Sequence[int],
        arrived: Sequence[int],
        came: tuple[int, bool],
    ) -> None:
        """Take columns; `came` says through which connection, and whether its session is older than that."""
        self.topics, self.payloads, self.heads, self.mids, self.arrived = topics, payloads, heads, mids, arrived
        self.connection, self.resumed = came
        self.size = sum(map(len, payloads))
        """Bytes of all payloads."""

    @property
    def usual(self) -> bool:
        """Whether none of the messages is retained or may have been sent before."""
        return not self.heads.translate(None, USUAL)

    @property
    def arrived_us(self) -> NDArray[np.int64]:
        """Return when the messages arrived. Shape (B,)."""
        arrived = self.arrived
        if isinstance(arrived, range):
            return np.arange(arrived.start, arrived.stop, arrived.step)
        return np.array(arrived, np.int64)

    @property
    def owed(self) -> Sequence[tuple[int, int]]:
        """Return packet identifier and quality of service of the messages that the broker wants acknowledged."""
        if not any(self.mids):
            return []
        return [(mid, (head & QOS) >> 1) for mid, head in zip(self.mids, self.heads, strict=True) if head & QOS]

    def __len__(self) -> int:
        """Return how many messages there are."""
        return len(self.payloads)

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> "Parcel": ...
    def __getitem__(self, place: "int | slice") -> "Message | Parcel":
        """Return one message, or a stretch of them."""
        topics, payloads, heads, mids, arrived = self.topics, self.payloads, self.heads, self.mids, self.arrived
        came = self.connection, self.resumed
        if isinstance(place, slice):
            return Parcel(topics[place], payloads[place], heads[place], mids[place], arrived[place], came)
        at = EventTime(arrived[place])
        return Message(topics[place], payloads[place], at, *flags_of(heads[place]), mids[place], *came)
