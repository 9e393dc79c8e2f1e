"""The parts of the bench: what each measures, as tables for people and figures for machines.

In: what the command line asks for. Out: for each part its tables, all of its figures, and the few to be compared from run to run.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from detector.edge.model_file import load_model
from detector.errors import DetectorError
from detector.lab import cost, scrape_cost, snapshot_cost
from detector.lab.bench import comparison, fleet, latency, restart, rivals, soak, tables
from detector.lab.bench.contenders import Detector
from detector.lab.bench.fleet import Fleet
from detector.lab.bench.ingest import Ingest, Route
from detector.lab.bench.ingest import measure as measure_ingest
from detector.lab.bench.load import Stream
from detector.lab.bench.restart import Restart
from detector.settings import Settings

FEW = (1, 16)
"""Readings of small batches, whose cost is that of the calls and not of the rows: most sites send so few at a time."""

CADENCE_S = 10.0
"""A fleet in fast motion sends so often, by its own time: thresholds, hours and ticks are then as much work as they are at a plant."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for."""

    model: Path
    folder: Path | None
    channels: int
    steps: int
    devices: int
    seconds: float
    rounds: int
    heads: list[str]
    routes: list[Route]
    qos: int
    probes: int
    sizes: list[int]
    fleet_rounds: int
    beside: list[str]
    environments: Path
    inbox: int

    @property
    def stream(self) -> Stream:
        """Return the stream of a fleet in fast motion."""
        return Stream(self.devices, 1 if self.qos else 0, CADENCE_S)

    @property
    def live(self) -> Stream:
        """Return the stream of a fleet that tells the time of the wall clock."""
        return Stream(self.devices, 1 if self.qos else 0, None)


@dataclass(frozen=True, slots=True)
class Found:
    """What a part came to."""

    tables: list[Table]
    figures: Any
    """Everything, as JSON has it."""
    headlines: dict[str, float] = field(default_factory=dict)
    """What is compared from run to run, by name."""


@dataclass(slots=True)
class Bench:
    """Measures the parts; what one needs of another is measured once."""

    wishes: Wishes
    tell: Callable[[str], None]
    _measured: list[Ingest] = field(default_factory=list)

    def cost(self) -> Found:
        """Measure what a reading costs in time, and a channel in memory."""
        wishes, settings = self.wishes, Settings.model_validate({"sensors": [{"name": "bench"}]})
        model = load_model(wishes.model)
        costs = [
            cost.measure(model, settings, channels=channels, warm_steps=2 * wishes.steps, steps=wishes.steps)
            for channels in (wishes.channels, *FEW)
        ]
        headlines = {"cost: µs a reading": costs[0].step_us, "cost: bytes a channel": costs[0].channel_bytes}
        return Found(
            [tables.cost_table(costs[0]), tables.batch_table(costs)], [asdict(one) for one in costs], headlines
        )

    def ingest(self) -> Found:
        """Measure how much is taken, by whom."""
        wishes = self.wishes
        plan = comparison.Plan(
            model=wishes.model,
            heads=wishes.heads,
            routes=wishes.routes,
            stream=wishes.stream,
            seconds=wishes.seconds,
            rounds=wishes.rounds,
            beside=wishes.beside,
            environments=wishes.environments,
            folder=wishes.folder,
            inbox=wishes.inbox,
        )
        measured = comparison.compare(plan, self.tell)
        self._measured += measured
        ratios = comparison.ratios(measured)
        return Found(
            [tables.ratio_table(ratios), tables.ingest_table(measured)],
            {"ratios": [asdict(one) for one in ratios], "measured": [asdict(one) for one in measured]},
            {f"ratio: {one.what}": one.value for one in ratios} | {f"by CPU: {one.what}": one.of_cpu for one in ratios},
        )

    def latency(self) -> Found:
        """Measure how late alerts are, at shares of the top rate."""
        found = [
            one
            for head in self.wishes.heads
            for one in latency.measure(
                self._detector(head),
                self.wishes.live,
                self.top_rate(head),
                self.wishes.probes,
                self.wishes.folder,
                self.tell,
            )
        ]
        headlines = {
            f"latency: {one.contender} at {one.share:.0%}, p99 ms": one.p99_ms
            for one in found
            if one.p99_ms is not None
        }
        return Found([tables.latency_table(found)], [asdict(one) for one in found], headlines)

    def fleet(self) -> Found:
        """Measure what fleets of some sizes cost, and how soon a daemon is ready over them."""
        fleets, restarts = list[Fleet](), list[Restart]()
        for head in self.wishes.heads:
            for size in self.wishes.sizes:
                try:
                    whole = self._room_for_snapshot(size, head, fleets)
                    fleets.append(self._fleet(size, head, whole=whole))
                    restarts += [self._restart(size, head, 1)] if whole else []
                except DetectorError as fault:
                    self.tell(f"left out: {fault}")
        headlines = {
            f"fleet: {one.devices:,} {one.head}, {what}": value
            for one in fleets
            for what, value in (("bytes a device", one.device_bytes), ("µs a reading", one.reading_us))
        }
        figures = {"fleets": [asdict(one) for one in fleets], "restarts": [asdict(one) for one in restarts]}
        return Found([tables.fleet_table(fleets, restarts)], figures, headlines)

    def rivals(self) -> Found:
        """Measure the usual ways, and how many times more the detector does."""
        ours = {head: self.top_rate(head, Route.GENERATOR) for head in self.wishes.heads}
        found = rivals.measure(self.wishes.seconds, self.wishes.environments / "river", self.tell)
        headlines = {f"rivals: detector {head} / {one.name}": ours[head] / one.rate for head in ours for one in found}
        return Found(
            [tables.rival_table(ours, found)], {"ours": ours, "rivals": [asdict(one) for one in found]}, headlines
        )

    def snapshot(self, devices: int) -> Found:
        """Measure what a snapshot of so many devices costs."""
        settings = Settings.model_validate({"sensors": [{"name": "bench"}], "engine": {"max_devices": devices}})
        with TemporaryDirectory(dir=self.wishes.folder, prefix="detector-bench-") as place:
            found = snapshot_cost.measure(load_model(self.wishes.model), settings, devices, Path(place))
        return Found([tables.snapshot_table(devices, found)], asdict(found))

    def scrape(self, channels: int) -> Found:
        """Measure what a scrape of so many channels costs."""
        settings = Settings.model_validate({"sensors": [{"name": "bench"}]})
        found = scrape_cost.measure(load_model(self.wishes.model), settings, channels)
        return Found([tables.scrape_table(channels, found)], asdict(found))

    def restart(self, devices: int, times: int) -> Found:
        """Measure how soon a daemon is ready again over so many devices."""
        found = [self._restart(devices, head, times) for head in self.wishes.heads]
        return Found([tables.restart_table(found)], [asdict(one) for one in found])

    def soak(self, seconds: float) -> Found:
        """Let a detector run at half of its top rate for so long."""
        head = self.wishes.heads[0]
        rate = soak.SHARE * self.top_rate(head)
        found = soak.measure(self._detector(head), self.wishes.live, rate, seconds, self.wishes.folder, self.tell)
        return Found([tables.soak_table(found)], asdict(found))

    def top_rate(self, head: str, route: Route = Route.MOSQUITTO) -> float:
        """Return the messages a second that a detector takes, measured now unless it was before."""
        detector = self._detector(head)
        rates = [one.rate for one in self._measured if (one.contender, one.route) == (detector.name, route)]
        if not rates:
            one = measure_ingest(detector, route, self.wishes.stream, self.wishes.seconds, self.wishes.folder)
            self.tell(f"{one.contender} via {route}: {one.rate:,.0f} messages/s")
            self._measured.append(one)
            rates = [one.rate]
        return sorted(rates)[len(rates) // 2]

    def _detector(self, head: str) -> Detector:
        """Return a detector of the model that is asked for."""
        return Detector(self.wishes.model, head, inbox=self.wishes.inbox)

    def _fleet(self, size: int, head: str, *, whole: bool) -> Fleet:
        """Measure one fleet, with a snapshot of it if `whole`."""
        wishes = self.wishes
        one = fleet.measure_in_child(fleet.Plan(wishes.model, size, head, wishes.fleet_rounds, whole, wishes.folder))
        self.tell(f"{size:,} devices, {head}: {one.device_bytes:,.0f} bytes and {one.reading_us:.1f} µs each")
        return one

    def _restart(self, devices: int, head: str, times: int) -> Restart:
        """Measure one restart."""
        return restart.measure(self._detector(head), devices, times, self.wishes.folder, self.tell)

    def _room_for_snapshot(self, size: int, head: str, fleets: list[Fleet]) -> bool:
        """Tell, by the last fleet measured, whether memory holds a snapshot of the next one as well.

        Raises: DetectorError when it does not even hold the fleet.
        """
        last = [one for one in fleets[-1:] if one.head == head]
        alone = max((one.device_bytes for one in last), default=0.0)
        if not fleet.fits(size, alone):
            raise DetectorError(f"{size:,} devices, {head}: some {size * alone / 1e9:,.0f} GB would be needed")
        whole = fleet.fits(size, max((one.peak_bytes / one.devices for one in last), default=0.0))
        if not whole:
            self.tell(f"{size:,} devices, {head}: too little memory to measure a snapshot, too")
        return whole


PARTS: dict[str, Callable[[Bench], Found]] = {
    "cost": Bench.cost,
    "ingest": Bench.ingest,
    "latency": Bench.latency,
    "fleet": Bench.fleet,
    "rivals": Bench.rivals,
}
"""What can be measured, in order: the later ones use what the earlier ones found."""
