"""Measures what a scrape costs: how long it takes, and how much slower the scoring is beside it.

In: a model, and how many channels are shown. Out: seconds and bytes, on this machine.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from detector import __version__
from detector.clock import SystemClock
from detector.domain import MICROSECONDS, EventTime, Reading, Stage, Verdict
from detector.edge.channel_view import ChannelView
from detector.edge.journal import JournalStatus
from detector.edge.ledger import Ledger
from detector.edge.metrics import Exposition
from detector.edge.model_file import ModelFile
from detector.edge.mqtt import Traffic
from detector.edge.snapshot import SnapshotStatus
from detector.edge.status import ReloadStatus, Status
from detector.engine import Engine
from detector.lab.cost import START
from detector.readings import Readings
from detector.report import Census, Report, Standing
from detector.settings import MetricsSettings, Settings
from detector.stream.batch import Batcher

CHANNELS_OF_A_DEVICE: Final = 4
ROWS: Final = 1000
"""Readings in a step of the scoring beside."""
TIMES: Final = 5
STEPS: Final = 50
PAUSE_S: Final = 0.05
"""Between two scrapes beside the scoring: far more often than anybody scrapes."""


@dataclass(frozen=True, slots=True)
class ScrapeCost:
    """What a scrape costs."""

    channels: int
    whole_s: float
    """A scrape that leaves nothing out: the median."""
    whole_bytes: int
    compressed_s: float
    """The same, as gzip, which Prometheus asks for: the median."""
    bounded_s: float
    """A scrape with the default `max_series`: the median."""
    bounded_bytes: int
    step_s: float
    """A step and its showing, nobody scraping: the median."""
    beside_s: float
    """The same beside one scrape of everything after the other: the median."""
    longest_s: float
    """The longest of them."""


def measure(model: ModelFile, settings: Settings, channels: int) -> ScrapeCost:
    """Show `channels` channels, scrape them, and score beside it."""
    view = _shown(channels)
    whole, bounded = (
        _exposition(view, settings.model_copy(update={"metrics": metrics}))
        for metrics in (MetricsSettings(max_series=20 * channels), MetricsSettings())
    )
    step = _stepper(model, settings, view)
    alone = [_timed(step) for _ in range(STEPS)]
    with _scraped(whole):
        beside = [_timed(step) for _ in range(STEPS)]
    whole_s, whole_bytes = _median_scrape(whole)
    compressed_s, _ = _median_scrape(whole, HTTP_ACCEPT_ENCODING="gzip")
    bounded_s, bounded_bytes = _median_scrape(bounded)
    return ScrapeCost(
        channels=channels,
        whole_s=whole_s,
        whole_bytes=whole_bytes,
        compressed_s=compressed_s,
        bounded_s=bounded_s,
        bounded_bytes=bounded_bytes,
        step_s=median(alone[STEPS // 2 :]),
        beside_s=median(beside),
        longest_s=max(beside),
    )


def _median_scrape(exposition: Exposition, **environ: str) -> tuple[float, int]:
    """Return the seconds of one core that a scrape takes, and the size of the answer; a busy machine is not in it."""
    took, size = list[float](), 0
    for _ in range(TIMES):
        began = time.thread_time()
        size = _scrape(exposition, **environ)
        took.append(time.thread_time() - began)
    return median(took), size


def _shown(channels: int) -> ChannelView:
    """Return a view of so many channels that are all scored, and of how they stand."""
    names = [
        (f"device-{place // CHANNELS_OF_A_DEVICE:06}", f"channel-{place % CHANNELS_OF_A_DEVICE}")
        for place in range(channels)
    ]
    values = np.random.default_rng(1).standard_normal((4, channels))
    view = ChannelView()
    view.show(
        Report(
            readings=Readings.of(Reading(*key, EventTime(START), value, 0) for key, value in zip(names, values[0].tolist(), strict=True)),
            stage=np.full(channels, Stage.SCORED, np.int8),
            steps_left=np.zeros(channels, np.int32),
            steps_needed=np.zeros(channels, np.int32),
            forecast_known=np.ones(channels, np.bool_),
            expected=values[1],
            lower=values[1] - 1.0,
            upper=values[1] + 1.0,
            score=np.abs(values[2]),
            threshold=np.full(channels, 4.0),
            anomalous=np.zeros(channels, np.int8),
            events=(),
            ticks=(),
        )
    )  # fmt: skip
    devices = tuple(dict.fromkeys(device for device, _ in names))
    share = np.full(len(devices), 0.5)
    standing = Standing(devices, share, share, tuple(names), values[3], np.ones(channels, np.bool_))
    view.census = Census(len(devices), channels, 0, dict.fromkeys(Verdict, 0), 0.1, standing)
    return view


def _exposition(view: ChannelView, settings: Settings) -> Exposition:
    """Return the metrics of a daemon that shows this view and is otherwise at rest."""
    clock, ledger = SystemClock(), Ledger()

    def status() -> Status:
        return Status(
            version=__version__, settings=settings, started=clock.wall(), not_ready=None, connected=True, inbox_depth=0,
            traffic=Traffic(), workers={}, reload=ReloadStatus(0, succeeded=True, succeeded_at=clock.wall()), notifications={}, suppressed={},
            counts=ledger.snapshot(), journal=JournalStatus(None, 0, 0, 0, 0), snapshots=SnapshotStatus(None, None, 0.0, 0.0, 0), fleet=view.fleet(),
        )  # fmt: skip

    return Exposition(settings.metrics, status)


def _stepper(model: ModelFile, settings: Settings, view: ChannelView) -> Callable[[], None]:
    """Return what scores one more reading of some channels, and shows it."""
    engine, batcher, turn = Engine(settings, model.network, model.reference), Batcher(ROWS), iter(range(1 << 30))
    generator = np.random.default_rng(2)

    def step() -> None:
        at = EventTime(START + next(turn) * MICROSECONDS)  # all within the hour after which a silent device is gone
        values = generator.standard_normal(ROWS).tolist()
        for batch in batcher.cut(
            [Reading(f"pump-{place}", "value", at, value, 0) for place, value in enumerate(values)]
        ):
            view.show(engine.step(batch))

    return step


@contextmanager
def _scraped(exposition: Exposition) -> Iterator[None]:
    """Scrape again and again from a thread of its own, as the HTTP server does."""
    over = threading.Event()

    def scrape() -> None:
        while not over.wait(PAUSE_S):
            _scrape(exposition)

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _scrape(exposition: Exposition, **environ: str) -> int:
    """Scrape once; return the size of the answer."""
    return sum(map(len, exposition.application(environ, lambda *_: lambda _body: None)))


def _timed(act: Callable[[], None]) -> float:
    """Return how long something took."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
