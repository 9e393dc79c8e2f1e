"""JSON payloads: finds the event time and the channels' values in an object or a list.

In: bytes. Out: a reading for each channel that is there, a rejection for each that is no finite number. A field is a path
with dots between levels and numbers for places in a list, `vib.rms` or `samples.0.t`; a key that has dots itself is
tried first. With `{channel}` in the topic the payload is that channel: a bare number, or an object whose number is the
field `value` (or the channel's `field`); with `channels: auto` further numbers beside it are called `channel.key`.
"""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from detector.domain import EventTime, Reading, Rejected, RejectReason
from detector.settings import ChannelSettings
from detector.stream.names import MAX_NAME, is_good_name, shown
from detector.stream.number import as_number
from detector.stream.source import Decoded, Source, rejected
from detector.stream.timestamp import AHEAD, check_plausible, parse_timestamp

MAX_DEPTH = 32
"""Levels of a payload in which numbers are looked for."""

MAX_VALUES = 10_000
"""Values of a payload that are looked at for numbers: more than any device sends, and a few milliseconds."""

VALUE_FIELD = "value"
"""Where an object holds the number of the channel that its topic names."""

ABSENT = object()
"""Stands for a field that is not there; null is a value."""


def decode_json(payload: bytes, source: Source) -> Decoded:
    """Read every channel that the payload holds."""
    document = _parsed(payload)
    if isinstance(document, Rejected):
        return (document,)
    if not isinstance(document, dict | list):
        return _bare(document, source)
    at = _event_time(document, source)
    if isinstance(at, Rejected):
        return (at,)
    channels = source.settings.channels
    if channels == "auto":
        return tuple(_every_number(document, at, source))
    if source.channel is None:
        return tuple(_configured(document, at, source, channels))
    if source.channel not in channels:
        return rejected(
            RejectReason.UNKNOWN_TOPIC, f"topic: expected a configured channel, got {shown(source.channel)}"
        )
    only = {source.channel: channels[source.channel]}
    return tuple(_configured(document, at, source, only))


def _parsed(payload: bytes) -> Any:
    """Return the document, or why there is none; orjson bounds the depth at 1024."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as fault:
        if "infinity" in fault.msg:
            return _parsed_wide(payload)
        if "depth" in fault.msg:
            return Rejected(RejectReason.TOO_DEEP, f"payload: expected at most {MAX_DEPTH} levels, got more than 1000")
        return _unreadable(payload, fault)


def _parsed_wide(payload: bytes) -> Any:
    """Return a document with a number beyond any float, so that the other channels in it are still read."""
    try:
        return json.loads(payload, parse_int=_wide_int, parse_constant=_refuse_constant)
    except RecursionError:
        return Rejected(RejectReason.TOO_DEEP, f"payload: expected at most {MAX_DEPTH} levels, got more")
    except ValueError as fault:
        return _unreadable(payload, fault)


def _wide_int(digits: str) -> float:
    """Read an integer that may be too long for int()."""
    return int(digits) if len(digits) <= 20 else float(digits)


def _refuse_constant(word: str) -> float:
    """Refuse NaN and Infinity, which are not JSON (RFC 8259, section 6)."""
    raise ValueError(f"unexpected {word}")


def _unreadable(payload: bytes, fault: ValueError) -> Rejected:
    """Say whether a payload is not text at all or just not JSON."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as bad:
        return Rejected(RejectReason.NOT_UTF8, f"payload: expected UTF-8, got the byte 0x{payload[bad.start]:02x}")
    return Rejected(RejectReason.MALFORMED, f"payload: expected JSON, got {shown(text)} ({shown(str(fault))})")


def _bare(document: object, source: Source) -> Decoded:
    """Read a number on its own, which only a topic can name and only arrival can date."""
    if source.channel is None:
        return rejected(RejectReason.MALFORMED, f"payload: expected a JSON object, got {shown(document)}")
    if source.settings.timestamp is not None:
        return rejected(
            RejectReason.MISSING_TIMESTAMP, "payload: expected an object with a timestamp, got a bare value"
        )
    if source.settings.channels != "auto" and source.channel not in source.settings.channels:
        return rejected(
            RejectReason.UNKNOWN_TOPIC, f"topic: expected a configured channel, got {shown(source.channel)}"
        )
    value = as_number(document, source.channel)
    return (value,) if isinstance(value, Rejected) else (source.reading(source.channel, value, source.arrived),)


def _event_time(document: Any, source: Source) -> EventTime | Rejected:
    """Return the time that the payload states, or its arrival where none is configured."""
    timestamp = source.settings.timestamp
    if timestamp is None:
        return source.arrived
    value = find(document, timestamp.field)
    if value is ABSENT:
        return Rejected(
            RejectReason.MISSING_TIMESTAMP, f"payload: expected the field {shown(timestamp.field)}, got none"
        )
    at = parse_timestamp(value, timestamp.format)
    return at if isinstance(at, Rejected) else check_plausible(at, EventTime(source.arrived + AHEAD))


def _configured(
    document: Any, at: EventTime, source: Source, channels: dict[str, ChannelSettings]
) -> Iterator[Reading | Rejected]:
    """Yield the configured channels that are there; the others are a partial update's business."""
    found = False
    for name, channel in channels.items():
        value = find(document, channel.field or (name if source.channel is None else VALUE_FIELD))
        if value is not ABSENT:
            found = True
            number = as_number(value, name)
            yield number if isinstance(number, Rejected) else source.reading(name, number, at)
    if not found:
        yield Rejected(
            RejectReason.MISSING_FIELD, f"payload: expected one of {shown(', '.join(channels))}, got none of them"
        )


def find(node: Any, path: str) -> object:
    """Return what stands at a path, or `ABSENT`; a key that holds the dots itself comes first."""
    if isinstance(node, dict):
        value = node.get(path, ABSENT)
        if value is not ABSENT or "." not in path:
            return value
    key, _, rest = path.partition(".")
    while rest:
        value = find(_child(node, key), rest)
        if value is not ABSENT:
            return value
        more, _, rest = rest.partition(".")
        key = f"{key}.{more}"
    return _child(node, path)


def _child(node: Any, key: str) -> object:
    """Return what a mapping or a list holds under a key or at an index."""
    if isinstance(node, dict):
        return node.get(key, ABSENT)
    if isinstance(node, list) and key.isdecimal() and len(key) < 6 and int(key) < len(node):
        return node[int(key)]
    return ABSENT


def _every_number(document: Any, at: EventTime, source: Source) -> Iterator[Reading | Rejected]:
    """Yield every number that is not the timestamp, as a channel named by its path."""
    count, timestamp = 0, source.settings.timestamp
    for path, value in _leaves(document):
        if isinstance(value, Rejected):
            count += 1
            yield value
        elif timestamp is None or path != timestamp.field:
            number = as_number(value, path)
            name = channel_name(path, source.channel)
            if count == source.max_channels:
                yield Rejected(RejectReason.TOO_MANY_CHANNELS, f"payload: expected at most {count} channels, got more")
                return
            count += 1
            if isinstance(number, Rejected):
                yield number
            elif not is_good_name(name):
                yield Rejected(RejectReason.BAD_NAME, f"payload: expected a channel name, got {shown(name)}")
            else:
                yield source.reading(name, number, at)
    if count == 0:
        yield Rejected(RejectReason.NO_VALUES, "payload: expected at least one number, got none")


def channel_name(path: str, channel: str | None) -> str:
    """Return the channel's name: its path, under the channel that the topic names, if it does."""
    if channel is None:
        return path
    return channel if path == VALUE_FIELD else f"{channel}.{path}"


def _leaves(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield path and value of every number, in the order they stand; a rejection where there are too many levels or values.

    A path is followed no further than a name may be long: a long key above many values would take their product in memory.
    """
    open_at = [_children("", document)]
    seen = 0
    while open_at:
        path, node = next(open_at[-1], ("", ABSENT))
        seen += 1
        if node is ABSENT:
            open_at.pop()
        elif seen > MAX_VALUES:
            yield path, Rejected(RejectReason.TOO_LARGE, f"payload: expected at most {MAX_VALUES} values, got more")
            return
        elif isinstance(node, int | float):
            if not isinstance(node, bool):
                yield path, node
        elif isinstance(node, dict | list):
            if len(open_at) == MAX_DEPTH:
                yield (
                    path,
                    Rejected(RejectReason.TOO_DEEP, f"{shown(path)}: expected at most {MAX_DEPTH} levels, got more"),
                )
                return
            open_at.append(_children(path, node))


def _children(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    """Yield path and value of everything right below an object or a list."""
    prefix = f"{path}." if path else ""
    for key, child in node.items() if isinstance(node, dict) else enumerate(node):
        yield f"{prefix}{key}"[: MAX_NAME + 1], child
