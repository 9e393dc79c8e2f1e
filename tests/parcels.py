"""Messages as they come from a connection: columns. In: messages. Out: their parcel."""

from collections.abc import Sequence

from detector.edge.parcel import Message, Parcel, head_of


def parcel_of(messages: Sequence[Message]) -> Parcel:
    """Return messages of one connection as columns.

    Raises: ValueError when they are none, or came through several.
    """
    topics, payloads, arrived, qos, retain, duplicate, mids, connections, resumed = zip(*messages, strict=True)
    (came,) = set(zip(connections, resumed, strict=True))
    flags = zip(qos, retain, duplicate, strict=True)
    heads = bytes(head_of(level, retain=kept, duplicate=again) for level, kept, again in flags)
    return Parcel(topics, payloads, heads, mids, arrived, came)
