"""Puts faults into a recorded site: one a device and round, kinds in turn, at seeded places.

In: a site's clean readings and streams, a seed and a round. Out: the faults, and the readings with the faults in them.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.domain import HOUR, EventTime, Reading
from detector.lab.evaluate.fault import HOURS, Fault, Injected
from detector.lab.evaluate.harm import HARM
from detector.lab.evaluate.streams import Stream

EARLIEST, LATEST = 0.45, 0.93
"""Faults start within this part of a device's readings: what comes before is warm-up."""


def draw_faults(
    seed: int, turn: int, streams: Mapping[str, Stream], channel: str, kinds: Sequence[Injected]
) -> tuple[Fault, ...]:
    """Return the faults of one round: one for each device, kinds in turn, at seeded uniform places.

    In as many rounds as there are kinds, every device has every kind once.
    """
    return tuple(
        _draw((seed, turn, row), device, channel, kinds[(row + turn) % len(kinds)], stream)
        for row, (device, stream) in enumerate(streams.items())
    )


def _draw(seed: tuple[int, ...], device: str, channel: str, kind: Injected, stream: Stream) -> Fault:
    """Return one fault. It starts at a reading, so that it spoils at least that one."""
    random = np.random.default_rng(seed)
    first = max(int(random.uniform(EARLIEST, LATEST) * len(stream.at_us)), 1)
    start = int(stream.at_us[first])
    end = start + int(HOURS[kind] * HOUR)
    return Fault(device, channel, kind, EventTime(start), EventTime(end), float(random.choice((-1.0, 1.0))), seed)


def changes_of(
    readings: Sequence[Reading], streams: Mapping[str, Stream], faults: Iterable[Fault]
) -> dict[int, float | None]:
    """Return the values that faults put in the places of readings; None where a dropout loses one."""
    changes: dict[int, float | None] = {}
    for fault in faults:
        stream = streams[fault.device]
        if fault.kind is Injected.DROPOUT:
            changes.update(dict.fromkeys(_lost(fault, readings)))
            continue
        hit = _hit(fault, stream)
        shown = HARM[fault.kind](fault, stream, hit).tolist()
        changes.update(zip(stream.places[hit].tolist(), shown, strict=True))
    return changes


def inject(readings: Sequence[Reading], streams: Mapping[str, Stream], faults: Iterable[Fault]) -> list[Reading]:
    """Return the readings with the faults in them, in the same order; those lost to a dropout are left out."""
    changes = changes_of(readings, streams, faults)
    shown = ((reading, changes.get(place, reading.value)) for place, reading in enumerate(readings))
    return [reading._replace(value=value) for reading, value in shown if value is not None]


def _lost(fault: Fault, readings: Sequence[Reading]) -> list[int]:
    """Return the places of the device's readings, of every channel, while it is off."""
    return [
        place
        for place, reading in enumerate(readings)
        if reading.device == fault.device and fault.start <= reading.at < fault.end
    ]


def _hit(fault: Fault, stream: Stream) -> NDArray[np.intp]:
    """Return the places in the stream that a fault spoils."""
    first = int(np.searchsorted(stream.at_us, fault.start))
    if fault.kind is Injected.SPIKE:
        return np.array([first])
    return np.arange(first, int(np.searchsorted(stream.at_us, fault.end)))
