"""Measures how long it takes from a publication to its alert, through mosquitto, while the rest of the fleet sends so much.

In: a detector, a top rate. Out: quantiles at each share of that rate, and whether the rate was kept up.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detector.edge.process_cost import cpu_s
from detector.lab.bench.contenders import Detector
from detector.lab.bench.ingest import Course, Route, course, drained, flooded
from detector.lab.bench.load import Stream
from detector.lab.bench.probe import Prober

SHARES: Final = (0.0, 0.1, 0.5, 0.9)
"""Of the top rate; 0 is an idle fleet."""

AT_ONCE: Final = "set_tcp_nodelay true\n"
"""Without it mosquitto holds a small packet back until the one before is acknowledged, up to 40 ms (RFC 896, RFC 1122 4.2.3.2)."""

RUN_IN_S: Final = 2.0
"""At a new rate, before anything is measured."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How late alerts were at one rate."""

    contender: str
    share: float
    """Of the top rate."""
    rate: float
    """Messages a second that were sent."""
    taken_rate: float
    """Messages a second that were scored meanwhile."""
    cores: float
    """Cores that the contender kept busy meanwhile."""
    probes: int
    lost: int
    """Probes whose alert did not come."""
    p50_ms: float | None
    p99_ms: float | None
    longest_ms: float | None

    @classmethod
    def of(
        cls, contender: str, share: float, rates: tuple[float, float], cores: float, took: Sequence[float | None]
    ) -> "Latency":
        """Return the quantiles of these probes, seconds; None where no alert came at all."""
        told = 1e3 * np.array([one for one in took if one is not None])
        p50, p99, longest = np.quantile(told, [0.5, 0.99, 1.0]).tolist() if len(told) else (None, None, None)
        return cls(contender, share, *rates, cores, len(took), len(took) - len(told), p50, p99, longest)


def measure(
    detector: Detector, stream: Stream, top_rate: float, probes: int, folder: Path | None, tell: Callable[[str], None]
) -> list[Latency]:
    """Probe at each share of the top rate.

    Raises: DetectorError when anything does not come up, or does not move.
    """
    found = []
    with course(detector, Route.MOSQUITTO, stream, folder, AT_ONCE) as way, Prober(way.url) as prober:
        with flooded(way, Route.MOSQUITTO, stream):
            tell(f"{detector.name} is past its warm-up")
        for share in SHARES:
            way.load.go(0.0)
            drained(way)
            latency = probe_at(way, prober, detector.name, (share, share * top_rate), probes)
            tell(f"{detector.name} at {share:.0%} of {top_rate:,.0f} messages/s: p99 {latency.p99_ms or 0.0:.1f} ms")
            found.append(latency)
    return found


def probe_at(way: Course, prober: Prober, contender: str, load: tuple[float, float], probes: int) -> Latency:
    """Probe while a share, a rate, is sent."""
    share, rate = load
    way.load.go(rate)
    time.sleep(RUN_IN_S)
    sent, taken, spent_s = way.load.sent(), way.taken(), cpu_s(way.subject.pid)
    took = prober.probe(probes)
    after = way.load.sent()
    seconds, spent_s = after.at - sent.at, cpu_s(way.subject.pid) - spent_s
    rates = (after.sent - sent.sent) / seconds, (way.taken() - taken) / seconds
    return Latency.of(contender, share, rates, spent_s / seconds, took)
