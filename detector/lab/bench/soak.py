"""Measures a long run: a detector through mosquitto at a part of its top rate, with its memory, its losses and its lateness.

In: a rate, a duration. Out: a look every so often, and from them how memory went, what was lost, how late alerts were.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detector.edge.process_cost import cpu_s, held_bytes
from detector.lab.bench.contenders import Detector
from detector.lab.bench.ingest import Route, course, drained
from detector.lab.bench.latency import AT_ONCE, Latency, probe_at
from detector.lab.bench.load import Stream
from detector.lab.bench.packets import CHANNELS
from detector.lab.bench.probe import Prober

SHARE: Final = 0.5
"""Of the top rate."""

LOOKS: Final = 60
"""Looks in a soak, each with a few probes."""

PROBES: Final = 10

WARM_SHARE: Final = 0.25
"""The first part of a soak, in which memory may still grow: buffers fill, snapshots are taken for the first time."""


@dataclass(frozen=True, slots=True)
class Look:
    """How it stood at one moment."""

    after_s: float
    resident_bytes: int
    cpu_s: float
    latency: Latency


@dataclass(frozen=True, slots=True)
class Soak:
    """What came of a long run."""

    contender: str
    devices: int
    rate: float
    """Messages a second that were wanted."""
    seconds: float
    sent: int
    taken: int
    spoilt: int
    looks: list[Look]

    @property
    def dropped(self) -> int:
        """Return the messages that were lost on the way."""
        return self.sent - self.taken

    @property
    def growth_bytes_per_hour(self) -> float:
        """Return how fast memory grew, by a straight line through the looks behind the first part."""
        late = [look for look in self.looks if look.after_s >= WARM_SHARE * self.seconds]
        if len(late) < 2:
            return 0.0
        hours = np.array([look.after_s for look in late]) / 3600.0
        return float(np.polyfit(hours, [look.resident_bytes for look in late], 1)[0])

    @property
    def latest_ms(self) -> list[float]:
        """Return how late the latest alert of each look was; a look in which none came has none."""
        return [look.latency.longest_ms for look in self.looks if look.latency.longest_ms is not None]


def measure(
    detector: Detector, stream: Stream, rate: float, seconds: float, folder: Path | None, tell: Callable[[str], None]
) -> Soak:
    """Let a detector run at a rate for so long.

    Raises: DetectorError when anything does not come up, or does not move.
    """
    every_s, looks = seconds / LOOKS, list[Look]()
    with course(detector, Route.MOSQUITTO, stream, folder, AT_ONCE) as way, Prober(way.url) as prober:
        way.load.go(rate)
        way.subject.settle(stream.devices)
        prober.introduce(LOOKS * PROBES)  # now, lest the memory that they take looks like growth
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            due = began + len(looks) * every_s
            time.sleep(max(0.0, due - time.monotonic()))
            latency = probe_at(way, prober, detector.name, (SHARE, rate), PROBES)
            look = Look(time.monotonic() - began, held_bytes(way.subject.pid), cpu_s(way.subject.pid), latency)
            looks.append(look)
            tell(
                f"after {look.after_s:,.0f} s: {look.resident_bytes / 1e6:,.0f} MB, "
                f"the latest of {PROBES} alerts after {latency.longest_ms or 0.0:.1f} ms"
            )
        way.load.go(0.0)
        probed = prober.published / len(CHANNELS)
        taken = drained(way, probed)
        return Soak(
            contender=detector.name,
            devices=stream.devices,
            rate=rate,
            seconds=time.monotonic() - began,
            sent=way.load.sent().sent,
            taken=round(taken - probed),
            spoilt=way.subject.spoilt(),
            looks=looks,
        )
