"""The demo: a broker, the daemon, a plant with faults and a listener, started together and ended together.

In: options. Out: the live view, the summary; everything it started is gone when it returns.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from rich.console import Console
from rich.live import Live

from detector.clock import SystemClock
from detector.domain import DAY_S, MICROSECONDS, EventTime
from detector.engine import CALIBRATED
from detector.lab.broker import Broker, embedded_broker
from detector.lab.daemon_process import DaemonProcess, running_daemon
from detector.lab.faults import Fault
from detector.lab.link import Listener, Publisher
from detector.lab.plant import SENSORS, Plant
from detector.lab.simulate import Pacer, Plan, Progress
from detector.lab.tally import Tally, tally
from detector.lab.view import Scene, draw
from detector.lab.watch import Watch
from detector.settings import MqttSettings

CADENCE_S: Final = 60.0
"""Event time between two readings of a device."""

FRAMES_PER_S: Final = 6
GOODBYE_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may choose."""

    duration_s: float
    speed: float
    devices: int
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo measured."""

    tally: Tally
    observations_scored: int
    devices: int

    def summary(self) -> dict[str, Any]:
        """Return the figures as they go into a summary file."""
        return {**self.tally.summary(), "observations_scored": self.observations_scored, "devices": self.devices}


@dataclass
class Stage:
    """The parts of a running demo."""

    plan: Plan
    broker: Broker
    daemon: DaemonProcess
    watch: Watch
    pacer: Pacer
    begun: list[Fault] = field(default_factory=list)
    """Faults so far; written by the plant's thread."""
    failure: BaseException | None = None
    """What ended the plant's thread, if not its plan."""

    @property
    def now(self) -> EventTime:
        """Return the plant's time."""
        return EventTime(self.plan.start + int(self.pacer.progress.elapsed_s * self.plan.speed * MICROSECONDS))

    def live(self) -> None:
        """Let the plant live until its plan ends; for a thread of its own."""
        try:
            self.pacer.run(self.plan, self.begun.append)
        except BaseException as fault:  # noqa: BLE001 - it is raised again in the main thread
            self.failure = fault

    def scene(self, counters: Counter[str]) -> Scene:
        """Return what there is to see."""
        picture, progress = self.watch.picture(), self.pacer.progress
        return Scene(
            elapsed_s=progress.elapsed_s,
            duration_s=self.plan.duration_s or 0.0,
            speed=self.plan.speed,
            now=self.now,
            devices=self.plan.plant.devices,
            learnt_share=progress.published / self.plan.plant.size / CALIBRATED,
            picture=picture,
            tally=tally(self.plan.faults(), picture.alerts),
            readings_per_s=progress.published * len(SENSORS) / max(progress.elapsed_s, 1e-9),
            scored=int(counters["detector_observations_scored_total"]),
            pending=int(counters["detector_observations_pending"]),
            broker=self.broker.name,
        )


def run_demo(options: Options, stop: threading.Event, console: Console | None) -> Outcome:
    """Play the demo until its duration is over or `stop` is set; draw it on the console, if there is one.

    Raises: DetectorError when the broker or the daemon does not come up, or ends before we do.
    """
    with _stage(options, stop) as stage:
        plant = threading.Thread(target=stage.live, name="plant")
        plant.start()
        try:
            if console is None:
                _attend(plant, stage)
            else:
                _show(plant, stage, console)
        finally:
            stop.set()
            plant.join()
        if stage.failure is not None:
            raise stage.failure
        counters = stage.daemon.await_settled()
        stage.daemon.stop()
        stage.watch.offline.wait(GOODBYE_WITHIN_S)
        scored = int(counters["detector_observations_scored_total"])
        return Outcome(tally(stage.begun, stage.watch.picture().alerts), scored, options.devices)


@contextmanager
def _stage(options: Options, stop: threading.Event) -> Iterator[Stage]:
    """Start all parts, each when what it needs is ready, and end them in reverse."""
    watch = Watch()
    with TemporaryDirectory(prefix="detector-demo-") as folder, embedded_broker() as broker:
        settings = MqttSettings(servers=[broker.url], protocol=broker.protocol)
        with (
            Listener(settings, "detector-demo-view", watch.filters, watch.hear),
            running_daemon(broker, Path(folder)) as daemon,
            Publisher(settings, "detector-demo-plant") as publisher,
        ):
            watch.offline.clear()
            pacer = Pacer(publisher, SystemClock(), stop, Progress())
            yield Stage(_plan(options), broker, daemon, watch, pacer)


def _plan(options: Options) -> Plan:
    """Return a plan that begins at a midnight, so that the same seed has the same day, and ends in the past.

    Readings from the future would be refused.
    """
    latest_s = time.time() - options.duration_s * options.speed
    start = EventTime(int(latest_s // DAY_S * DAY_S) * MICROSECONDS)
    return Plan(Plant(options.seed, options.devices), start, CADENCE_S, options.speed, options.duration_s)


def _attend(plant: threading.Thread, stage: Stage, frame: Callable[[], None] = lambda: None) -> None:
    """Wait for the plant, drawing frames; see that the daemon lives."""
    while plant.is_alive():
        stage.daemon.check()
        frame()
        plant.join(1.0 / FRAMES_PER_S)


def _show(plant: threading.Thread, stage: Stage, console: Console) -> None:
    """Draw the demo on a terminal until the plant ends."""
    with Live(console=console, screen=True, auto_refresh=False) as live:

        def frame() -> None:
            live.update(draw(stage.scene(stage.daemon.counters()), *console.size), refresh=True)

        _attend(plant, stage, frame)
