"""Contenders side by side: every one on every route, in turn, as often as wanted; then how they compare.

In: what to measure. Out: all measurements, and ratios between them. Machines are noisy: each ratio is the median of those of
the rounds, in which the two stand minutes apart, and has beside it the same ratio of processor time, which is steadier.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from detector.errors import DetectorError
from detector.lab.bench.contenders import (
    NO_JOURNAL,
    OWN_PROCESS,
    Contender,
    Detector,
    MosquittoSub,
    MqttExporter,
)
from detector.lab.bench.environment import mqtt_exporter
from detector.lab.bench.ingest import Ingest, Route, measure
from detector.lab.bench.load import Stream

CHEAP, FULL = "lms", "rls"
"""The heads of the two variants that are promised something."""

OTHERS: Final = ("mosquitto_sub", "mqtt-exporter")

HEADS: Final = (CHEAP, FULL, "none")


@dataclass(frozen=True, slots=True)
class Ratio:
    """One contender's figure over another's."""

    what: str
    value: float
    of_cpu: float
    """The same by processor time a message: the other's over the first one's, so that more is better here too."""
    floor: float | None
    """What it shall be at least; None: nothing is promised."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared, on which stream."""

    model: Path
    heads: Sequence[str]
    routes: Sequence[Route]
    stream: Stream
    seconds: float
    rounds: int
    beside: Sequence[str]
    """Names among OTHERS: who is measured beside the detector."""
    environments: Path
    """Folder of the environments of those that need one of their own."""
    inbox: int
    """Messages that may wait in a daemon."""
    folder: Path | None
    """On whose disk state is kept; None: the temporary folder's."""


def contenders(plan: Plan, skip: Callable[[str], None]) -> list[Contender]:
    """Return who takes part; `skip` is told who cannot, and why."""
    found = list[Contender]()
    if "mosquitto_sub" in plan.beside:
        found.append(MosquittoSub())
    if "mqtt-exporter" in plan.beside:
        try:
            found.append(MqttExporter(mqtt_exporter(plan.environments / "mqtt-exporter")))
        except DetectorError as fault:
            skip(f"mqtt-exporter is left out: {fault}")
    for own_process in (False, True):
        found += [Detector(plan.model, head, inbox=plan.inbox, own_process=own_process) for head in plan.heads]
    return [*found, *(Detector(plan.model, head, journal=False, inbox=plan.inbox) for head in plan.heads[:1])]


def compare(plan: Plan, tell: Callable[[str], None]) -> list[Ingest]:
    """Measure everybody on every route, round by round; `tell` hears how far it is and who is left out."""
    measured = []
    parties = contenders(plan, tell)
    for number in range(plan.rounds):
        for route in plan.routes:
            for contender in parties:
                if route is Route.MOSQUITTO and getattr(contender, "journal", True) is False:
                    continue  # what the journal costs is the daemon's alone
                try:
                    one = measure(contender, route, plan.stream, plan.seconds, plan.folder)
                except DetectorError as fault:
                    tell(f"{contender.name} by way of {route} is left out: {fault}")
                    continue
                measured.append(one)
                tell(f"round {number + 1}: {one.contender} by way of {route}: {one.rate:,.0f} messages/s")
    return measured


def ratios(measured: Sequence[Ingest]) -> list[Ratio]:
    """Return what the contenders' figures come to, as far as both were measured."""
    wanted = list[tuple[str, str, Route, float | None]]()
    for way in ("", OWN_PROCESS):
        cheap, full = (f"detector {head}{way}" for head in (CHEAP, FULL))
        wanted += [
            (cheap, "mosquitto_sub", Route.MOSQUITTO, 0.9),
            (full, "mosquitto_sub", Route.MOSQUITTO, 0.6),
            (cheap, "mosquitto_sub", Route.GENERATOR, 0.35),
            (full, "mosquitto_sub", Route.GENERATOR, None),
            (cheap, "mqtt-exporter", Route.GENERATOR, 5.0),
            (full, "mqtt-exporter", Route.GENERATOR, None),
        ]
    wanted += [(f"detector {head}", f"detector {head}{NO_JOURNAL}", Route.GENERATOR, 0.85) for head in HEADS]
    found = (_ratio(measured, *one) for one in wanted)
    return [ratio for ratio in found if ratio is not None]


def _ratio(measured: Sequence[Ingest], one: str, other: str, route: Route, floor: float | None) -> Ratio | None:
    """Return the median ratio of two contenders on a route; None where one was not measured."""
    ours, theirs = ([x for x in measured if x.contender == name and x.route is route] for name in (one, other))
    pairs = list(zip(ours, theirs, strict=False))
    if not pairs:
        return None
    return Ratio(
        f"{one} / {other.removeprefix(f'{one}, ')}, via {route}",
        median(mine.rate / max(1e-9, its.rate) for mine, its in pairs),
        median(its.cpu_us["contender"] / max(1e-9, mine.cpu_us["contender"]) for mine, its in pairs),
        floor,
    )
