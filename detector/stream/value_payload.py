"""Payloads that are one number as text, the channel named by the topic.

In: `21.5` on `meters/{device}/{channel}`. Out: one reading at the time of arrival, or one rejection. Where channels are
configured, a channel's `field` is the word that stands for it in the topic; without `{channel}` in the topic
the payload is the only configured channel.
"""

from detector.domain import Rejected, RejectReason
from detector.settings import SensorSettings
from detector.stream.names import shown
from detector.stream.number import parse_number
from detector.stream.source import Decoded, Source, rejected


def decode_value(payload: bytes, source: Source) -> Decoded:
    """Read one number."""
    channel = channel_of(source.channel, source.settings)
    if isinstance(channel, Rejected):
        return (channel,)
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as fault:
        return rejected(RejectReason.NOT_UTF8, f"payload: expected UTF-8, got the byte 0x{payload[fault.start]:02x}")
    value = parse_number(text, channel)
    return (value,) if isinstance(value, Rejected) else (source.reading(channel, value, source.arrived),)


def channel_of(word: str | None, settings: SensorSettings) -> str | Rejected:
    """Return the channel that the topic, or the configuration, says this payload is."""
    channels = settings.channels
    if channels == "auto":
        return (
            word
            if word is not None
            else Rejected(RejectReason.UNKNOWN_TOPIC, "topic: expected {channel} in it, got none")
        )
    if word is None:
        return next(iter(channels))
    for name, channel in channels.items():
        if word == (channel.field or name):
            return name
    return Rejected(RejectReason.UNKNOWN_TOPIC, f"topic: expected a configured channel, got {shown(word)}")
