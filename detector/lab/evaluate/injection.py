"""Puts faults into a recorded site: one a device and round, kinds in turn, at seeded places.

In: a site's clean readings and streams, a seed and a round. Out: the faults, and the readings with the faults in them.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.domain import EventTime, Reading
from detector.lab.evaluate.fault import HOUR, HOURS, Fault, Injected
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


def earliest_start(streams: Mapping[str, Stream]) -> EventTime:
    """Return the moment before which no round has a fault."""
    return EventTime(min(int(stream.at_us[max(int(EARLIEST * len(stream.at_us)), 1)]) for stream in streams.values()))


def inject(readings: Sequence[Reading], streams: Mapping[str, Stream], faults: Iterable[Fault]) -> list[Reading]:
    """Return the readings with the faults in them, in the same order; those lost to a dropout are left out."""
    spoilt: list[Reading | None] = list(readings)
    for fault in faults:
        stream = streams[fault.device]
        if fault.kind is Injected.DROPOUT:
            for place, reading in enumerate(readings):
                if reading.device == fault.device and fault.start <= reading.at < fault.end:
                    spoilt[place] = None
            continue
        hit = _hit(fault, stream)
        for place, value in zip(
            stream.places[hit].tolist(), HARM[fault.kind](fault, stream, hit).tolist(), strict=True
        ):
            spoilt[place] = readings[place]._replace(value=value)
    return [reading for reading in spoilt if reading is not None]


def _hit(fault: Fault, stream: Stream) -> NDArray[np.intp]:
    """Return the places in the stream that a fault spoils."""
    first = int(np.searchsorted(stream.at_us, fault.start))
    if fault.kind is Injected.SPIKE:
        return np.array([first])
    return np.arange(first, int(np.searchsorted(stream.at_us, fault.end)))
