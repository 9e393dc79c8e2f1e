"""A fault to put into a recording: of which kind, on which device, from when to when.

In: nothing. Out: `Fault`, and how long and how hard each kind strikes.
`lab.faults` strikes a simulated plant, in steps and in deviations that the plant states; here durations are hours,
and the yardsticks are measured on the recording itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from detector.domain import EventTime
from detector.stream.timestamp import format_event_time


class Injected(StrEnum):
    """What is put in."""

    STUCK = "stuck"
    STEP = "step"
    SMALL_STEP = "small_step"
    DRIFT = "drift"
    NOISE = "noise"
    SPIKE = "spike"
    DROPOUT = "dropout"
    CLIPPING = "clipping"
    GAIN = "gain"
    BREAK = "break"


PROTOCOL_KINDS = tuple(Injected)[:6]
"""The kinds that the stated protocol has; the others are ours."""

HOURS: Final[Mapping[Injected, float]] = {
    Injected.STUCK: 4.0,
    Injected.STEP: 4.0,
    Injected.SMALL_STEP: 4.0,
    Injected.DRIFT: 12.0,
    Injected.NOISE: 2.0,
    Injected.SPIKE: 0.0,
    Injected.DROPOUT: 4.0,
    Injected.CLIPPING: 12.0,
    Injected.GAIN: 12.0,
    Injected.BREAK: 12.0,
}
"""How long each kind lasts; a spike is one reading."""

SIZES: Final[Mapping[Injected, float]] = {
    Injected.STEP: 1.0,
    Injected.SMALL_STEP: 0.3,
    Injected.DRIFT: 1.0,
    Injected.NOISE: 3.0,
    Injected.SPIKE: 8.0,
    Injected.GAIN: 0.5,
}
"""In standard deviations; noise and spike in median steps; gain as a share of the distance from the mean."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: it spoils the readings of `start` and after, up to but not including `end`; a spike its first alone."""

    device: str
    channel: str
    kind: Injected
    start: EventTime
    end: EventTime
    sign: float
    """1.0 or -1.0; up or down where the kind has a direction."""
    seed: tuple[int, ...]
    """Of its noise."""

    def as_json(self) -> dict[str, str | float]:
        """Return the fault for a results file, times as ISO 8601 in UTC."""
        start, end = format_event_time(self.start), format_event_time(self.end)
        return {
            "device": self.device,
            "channel": self.channel,
            "kind": self.kind.value,
            "start": start,
            "end": end,
            "sign": self.sign,
        }
