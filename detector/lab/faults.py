"""Seeded faults: which device and channel is struck, when, how, how hard; and what that does to its readings.

In: a seed, device names, a span of event time; later the clean readings of a step. Out: a schedule; the readings as
published. Pure: a fault's harm depends on the fault, the event time, the clean readings and those published before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS, EventTime
from detector.lab.plant import CHANNELS, LOWEST, SENSORS, Floats, Plant, quantised
from detector.stream.timestamp import format_event_time


class FaultKind(StrEnum):
    """What goes wrong."""

    STEP = "step"
    STUCK = "stuck"
    SPIKE = "spike"
    SILENCE = "silence"
    DRIFT = "drift"
    RANGE = "range"
    NOISE = "noise"


LENGTH_STEPS: Final[Mapping[FaultKind, int]] = {
    FaultKind.SPIKE: 1,
    FaultKind.RANGE: 5,
    FaultKind.STEP: 60,
    FaultKind.STUCK: 60,
    FaultKind.SILENCE: 60,
    FaultKind.NOISE: 60,
    FaultKind.DRIFT: 120,
}
"""How many readings each kind spoils, where there is room for as many."""

SIZES: Final[Mapping[FaultKind, float]] = {
    FaultKind.SPIKE: 6.0,
    FaultKind.STEP: 4.0,
    FaultKind.DRIFT: 5.0,
    FaultKind.NOISE: 1.5,
    FaultKind.RANGE: 3.0,
    FaultKind.STUCK: 0.0,
    FaultKind.SILENCE: 0.0,
}
"""How hard each kind strikes, in standard deviations of the channel's clean readings."""

LONGEST_SHARE: Final = 4
"""No fault lasts longer than this part (a quarter) of the span it is scheduled in."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, from `start` up to but not including `end`."""

    device: str
    channel: str | None
    """None: the whole device."""
    kind: FaultKind
    start: EventTime
    end: EventTime
    size: float
    """Signed, in standard deviations of the channel's clean readings; 0 where it means nothing."""

    def strikes(self, at: EventTime) -> bool:
        """Tell whether the fault is on at this moment."""
        return self.start <= at < self.end

    def as_json(self) -> dict[str, str | float | None]:
        """Return the fault as a line of the truth log, times as ISO 8601 in UTC."""
        return {
            "device": self.device,
            "channel": self.channel,
            "kind": self.kind.value,
            "start": format_event_time(self.start),
            "end": format_event_time(self.end),
            "size": self.size,
        }


def schedule(
    seed: int, devices: Sequence[str], start: EventTime, end: EventTime, cadence_s: float
) -> tuple[Fault, ...]:
    """Return one fault for each device, kinds in turn, spread over the span, in order of their start."""
    random = np.random.default_rng([seed, 2])
    turns = random.permutation(len(devices))
    kinds = tuple(FaultKind)
    faults = []
    for turn, row in enumerate(turns):
        kind = kinds[turn % len(kinds)]
        longest = (end - start) // LONGEST_SHARE
        lasts = min(int(LENGTH_STEPS[kind] * cadence_s * MICROSECONDS), longest)
        begin = start + int((end - start - lasts) * (turn + random.random()) / len(devices))
        channel = None if kind is FaultKind.SILENCE else CHANNELS[random.integers(len(CHANNELS))]
        size = SIZES[kind] * random.uniform(0.85, 1.25) * _sign(random, kind, channel)
        faults.append(Fault(devices[row], channel, kind, EventTime(begin), EventTime(begin + lasts), round(size, 2)))
    return tuple(sorted(faults, key=lambda fault: fault.start))


def _sign(random: np.random.Generator, kind: FaultKind, channel: str | None) -> float:
    """Return up or down at random, but up where down has no meaning: a pump that shakes less is no fault."""
    up = kind in (FaultKind.NOISE, FaultKind.RANGE) or channel in ("vibration", None)
    return 1.0 if up else float(random.choice((-1.0, 1.0)))


@dataclass(frozen=True, slots=True)
class Struck:
    """The one reading that a fault acts on: the clean value, the one published before, its deviation and its scale."""

    at: EventTime
    clean: float
    before: float
    deviation: float
    highest: float


def _drift(fault: Fault, struck: Struck) -> float:
    """Grow linearly from nothing to the full size."""
    share = (struck.at - fault.start) / (fault.end - fault.start)
    return struck.clean + fault.size * struck.deviation * share


def _noise(fault: Fault, struck: Struck) -> float:
    """Add Gaussian noise, the same for the same fault and moment."""
    random = np.random.default_rng([fault.start // MICROSECONDS, struck.at // MICROSECONDS])
    return struck.clean + fault.size * struck.deviation * random.normal()


def _shift(fault: Fault, struck: Struck) -> float:
    """Add the full size at once."""
    return struck.clean + fault.size * struck.deviation


HARM: Final[Mapping[FaultKind, Callable[[Fault, Struck], float]]] = {
    FaultKind.SPIKE: _shift,
    FaultKind.STEP: _shift,
    FaultKind.DRIFT: _drift,
    FaultKind.NOISE: _noise,
    FaultKind.STUCK: lambda _fault, struck: struck.before,
    FaultKind.RANGE: lambda fault, struck: struck.highest + fault.size * struck.deviation,
}
"""What each kind makes of a reading; silence makes none."""


def strike(
    plant: Plant, faults: Iterable[Fault], at: EventTime, clean: Floats, before: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the readings as published, and which devices publish at all.

    Shapes: `clean` and `before` (what was published one step earlier) are (N, F); out (N, F) float64 and (N,) bool.
    """
    published, sending = clean.copy(), np.ones(plant.size, dtype=np.bool_)
    for fault in faults:
        if not fault.strikes(at):
            continue
        row = plant.row(fault.device)
        if fault.channel is None:
            sending[row] = False
            continue
        column = CHANNELS.index(fault.channel)
        struck = Struck(
            at, clean[row, column], before[row, column], plant.deviations[row, column], SENSORS[column].highest
        )
        published[row, column] = HARM[fault.kind](fault, struck)
    return quantised(np.maximum(published, LOWEST)), sending
