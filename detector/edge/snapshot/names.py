"""The names in a snapshot: devices, channels, entries and groups, in slot order.

In: what an engine remembers. Out: what `names.json` says, and back. A channel has its device by place, as there are many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from detector.edge.snapshot.sound import read_as
from detector.state.frozen import Frozen


@dataclass(frozen=True, slots=True)
class Names:
    """All names of an engine."""

    devices: list[str]
    channels: list[tuple[int, str]]
    """Place of the device, and the channel's own name."""
    entries: list[str]
    groups: list[tuple[str, str]]


KIND: Final = TypeAdapter(Names)


def names_of(engine: Frozen) -> dict[str, Any]:
    """Return all names of an engine."""
    places = {device: place for place, device in enumerate(engine.devices)}
    return {
        "devices": list(engine.devices),
        "channels": [(places[device], channel) for device, channel in engine.channels],
        "entries": list(engine.entries),
        "groups": list(engine.groups),
    }


def read_names(text: bytes) -> Names:
    """Read what was written of `names_of`.

    Raises: ValueError when it is something else, when a name stands twice, or a channel is of no device.
    """
    names = read_as(KIND, text)
    known = range(len(names.devices))
    if not (_once(names.devices) and _once(names.channels) and _once(names.groups)):
        raise ValueError("names.json: expected every name once")
    if len(names.entries) != len(names.channels) or any(device not in known for device, _ in names.channels):
        raise ValueError("names.json: expected an entry and a device for every channel")
    return names


def _once(keys: Sequence[object]) -> bool:
    """Return whether no key stands twice."""
    return len(set(keys)) == len(keys)
