"""Topic patterns: which MQTT topics an entry listens to, and what their levels say.

In: `plant/{site}/{device}/telemetry`. Out: the filter to subscribe, `plant/+/+/telemetry`, and for each topic that
arrives its device, its channel if the topic names one, and labels. A pattern matches exactly what its filter matches
(MQTT 5.0, section 4.7).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from detector.stream.names import shown

MAX_TOPIC_BYTES = 65535
"""MQTT's own limit on a topic."""

_SHARED = re.compile(r"(\$share/[^/+#{}]+/)(.+)", re.DOTALL)
_BRACES = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class TopicMatch(NamedTuple):
    """What a topic says; the names are as they came, not yet trusted."""

    device: str
    channel: str | None
    labels: Mapping[str, str]
    """The other braces of the pattern."""


@dataclass(frozen=True, slots=True)
class TopicPattern:
    """A topic with `{names}` in place of some levels."""

    text: str
    filter: str
    """What to subscribe to; keeps `$share/group/`, which topics that arrive do not carry."""
    levels: tuple[str, ...]
    """The pattern's levels, without `$share/group/`."""
    _topic: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> "TopicPattern":
        """Read a pattern.

        Raises: ValueError when it is no MQTT filter, or does not name the device exactly once.
        """
        if not text or "\0" in text or len(text.encode("utf-8", "replace")) > MAX_TOPIC_BYTES:
            raise ValueError(f"expected a topic pattern such as plant/{{device}}/telemetry, got {shown(text)!r}")
        shared = _SHARED.fullmatch(text)
        prefix, topic = shared.groups() if shared else ("", text)
        if topic.startswith("$share/"):
            raise ValueError(f"expected $share/group/ before the topic, got {shown(text)!r}")
        levels = tuple(topic.split("/"))
        _check_names(text, [name for level in levels for name in _names(text, level)])
        if "#" in levels[:-1]:
            raise ValueError(f"expected # as the last level only, got {shown(text)!r}")
        mqtt_filter = prefix + "/".join("+" if level.startswith("{") else level for level in levels)
        return cls(text, mqtt_filter, levels, re.compile(_expression(levels), re.DOTALL))

    @property
    def names_channel(self) -> bool:
        """Whether the topic names the channel."""
        return "{channel}" in self.levels

    def is_under(self, base: str) -> bool:
        """Tell whether every topic of this pattern is `base` or lies under it."""
        top = tuple(base.split("/"))
        return self.levels[: len(top)] == top

    def match(self, topic: str) -> TopicMatch | None:
        """Return what a topic says, or None when it is not one of this pattern."""
        match = self._topic.fullmatch(topic)
        if match is None:
            return None
        labels = match.groupdict()
        return TopicMatch(labels.pop("device"), labels.pop("channel", None), labels)


def _names(text: str, level: str) -> Iterator[str]:
    """Yield the brace name of a level, if it has one; braces and wildcards take a whole level."""
    braces = _BRACES.fullmatch(level)
    if braces:
        yield braces[1]
    elif "{" in level or "}" in level:
        raise ValueError(f"expected braces around one name for a whole level, such as /{{site}}/, got {shown(text)!r}")
    elif level not in ("+", "#") and ("+" in level or "#" in level):
        raise ValueError(f"expected + and # to be a whole level, got {shown(text)!r}")


def _check_names(text: str, names: Sequence[str]) -> None:
    """Refuse a pattern without its device, and one that uses a name twice."""
    if names.count("device") == 0:
        raise ValueError(f"expected {{device}} as one level of the topic, got {shown(text)!r}")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"expected {{{twice}}} once, got it again in {shown(text)!r}")


def _expression(levels: Sequence[str]) -> str:
    """Return the regular expression of the topics that a pattern's filter matches."""
    parts = [_level_expression(level) for level in levels if level != "#"]
    expression = "/".join(parts)
    if levels[-1] == "#":
        # MQTT 5.0, 4.7.1.2: # includes the parent level.
        expression = f"{expression}(?:/.*)?" if parts else ".*"
    # MQTT 5.0, 4.7.2: a wildcard in front does not reach $SYS and its like.
    return rf"(?!\$){expression}" if levels[0][:1] in ("{", "+", "#") else expression


def _level_expression(level: str) -> str:
    """Return the regular expression of one level."""
    braces = _BRACES.fullmatch(level)
    if braces:
        return f"(?P<{braces[1]}>[^/]*)"
    return "[^/]*" if level == "+" else re.escape(level)
