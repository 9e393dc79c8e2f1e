"""Turns an MQTT message into readings, whatever its bytes are.

In: topic, payload, arrival. Out: for each value of the payload a `Reading` or a `Rejected`, at least one of them.
A new payload format is one more file with one function, and one more line in `FORMATS`.
"""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache
from typing import NamedTuple

from detector.domain import EventTime, Rejected, RejectReason
from detector.settings import PayloadFormat, SensorSettings
from detector.stream.json_payload import decode_json
from detector.stream.names import is_good_name, shown
from detector.stream.source import Decoded, Source, rejected
from detector.stream.topic import TopicMatch, TopicPattern
from detector.stream.value_payload import decode_value

FORMATS: dict[PayloadFormat, Callable[[bytes, Source], Decoded]] = {
    PayloadFormat.JSON: decode_json,
    PayloadFormat.VALUE: decode_value,
}
"""Who reads which format. A function here never raises and never returns an empty tuple."""

REMEMBERED_TOPICS, REMEMBERED_LENGTH = 16_384, 512
"""How many topics keep their route, and how long one may be; a fleet sends on the same topics again and again."""


class Route(NamedTuple):
    """Which entry a topic belongs to, by which of its patterns, and what the topic says."""

    entry: int
    settings: SensorSettings
    pattern: TopicPattern
    match: TopicMatch


class Decoder:
    """Reads the payloads of a configuration's sensors."""

    def __init__(self, sensors: Sequence[SensorSettings], max_payload: int, max_channels: int) -> None:
        """Prepare the patterns; `max_channels` is the most that one payload may have.

        Raises: ValueError for a topic pattern that the configuration reader would have refused.
        """
        self._max_payload, self._max_channels = max_payload, max_channels
        self._patterns = [
            (index, settings, re.compile(translate(settings.devices)), TopicPattern.parse(text))
            for index, settings in enumerate(sensors)
            for text in settings.topics
        ]
        self._remembered = lru_cache(REMEMBERED_TOPICS)(self._route)

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT filters to subscribe to, each once, in the order of the configuration."""
        return tuple(dict.fromkeys(pattern.filter for _, _, _, pattern in self._patterns))

    def route(self, topic: str) -> Route | Rejected:
        """Return the first entry that takes a topic: by its patterns and by its glob of device names."""
        return self._remembered(topic) if len(topic) <= REMEMBERED_LENGTH else self._route(topic)

    def decode(self, topic: str, payload: bytes, arrived: EventTime) -> Decoded:
        """Return what a message gave; never empty, never an exception."""
        if len(payload) > self._max_payload:
            return rejected(
                RejectReason.TOO_LARGE, f"payload: expected at most {self._max_payload} bytes, got {len(payload)}"
            )
        route = self.route(topic)
        if isinstance(route, Rejected):
            return (route,)
        entry, settings, _, (device, channel, _) = route
        source = Source(device, channel, arrived, entry, settings, self._max_channels)
        return FORMATS[settings.format](payload, source)

    def _route(self, topic: str) -> Route | Rejected:
        """Find a topic's entry; a name we would not trust is refused, whatever other entries say."""
        for index, settings, devices, pattern in self._patterns:
            match = pattern.match(topic)
            if match is None:
                continue
            for name in (match.device, match.channel, *match.labels.values()):
                if name is not None and not is_good_name(name):
                    return Rejected(
                        RejectReason.BAD_NAME, f"topic: expected names of 1 to 256 characters, got {shown(name)!r}"
                    )
            if devices.fullmatch(match.device):
                return Route(index, settings, pattern, match)
        return Rejected(
            RejectReason.UNKNOWN_TOPIC, f"topic: expected one of the configured patterns, got {shown(topic)}"
        )
