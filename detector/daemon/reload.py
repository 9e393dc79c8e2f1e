"""What a new configuration changes: what is applied while running, and what waits for a restart.

In: the settings before and after. Out: the keys that differ, sorted into the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detector.settings import Settings
from detector.settings.section import Section

RESTART: Final = (
    "metrics.listen",
    "model",
    "state",
    "engine",
    "mqtt.inbox.max_messages",
    "mqtt.inbox.max_size",
    "mqtt.inbox.overflow",
)
"""Keys, with all below them, that only a restart applies."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Dotted keys that differ, in the order of the settings."""

    now: tuple[str, ...]
    at_restart: tuple[str, ...]

    def touch(self, *keys: str) -> bool:
        """Return whether something at or below one of these keys is applied now."""
        return any(_below(changed, keys) for changed in self.now)


def compare(before: Settings, after: Settings) -> Changes:
    """Return what differs between two configurations."""
    changed = tuple(_differing(before, after, ""))
    return Changes(
        now=tuple(key for key in changed if not _below(key, RESTART)),
        at_restart=tuple(key for key in changed if _below(key, RESTART)),
    )


def _below(key: str, roots: tuple[str, ...]) -> bool:
    """Return whether a key is one of these or stands below one."""
    return any(key == root or key.startswith(f"{root}.") for root in roots)


def _differing(before: Section, after: Section, prefix: str) -> Iterator[str]:
    """Yield the keys under which two sections of one kind differ, going down into sections that both have."""
    for name in type(before).model_fields:
        one, other = getattr(before, name), getattr(after, name)
        if isinstance(one, Section) and isinstance(other, Section):
            yield from _differing(one, other, f"{prefix}{name}.")
        elif one != other:
            yield f"{prefix}{name}"
