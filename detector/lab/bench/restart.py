"""Measures how long a daemon takes to be ready: with nothing, and over a snapshot of so many devices.

In: how many devices, which head. Out: seconds from the start of a real `detector run` to its `/-/ready`. The broker is a load
generator that sends nothing.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from detector.clock import SystemClock
from detector.domain import Reading
from detector.edge.channel_view import ChannelView
from detector.edge.model_file import load_model
from detector.edge.process_cost import held_bytes
from detector.edge.snapshot import Keeper, OfThisProcess, Snapshot
from detector.engine import Engine
from detector.errors import DetectorError
from detector.lab.bench.contenders import Detector
from detector.lab.bench.fleet import AT_ONCE, settings_for
from detector.lab.bench.load import Stream, load
from detector.lab.daemon_process import DaemonProcess
from detector.lab.snapshot_cost import readings_of
from detector.stream.batch import Batcher

COUNTED_WITHIN_S: Final = 3.0
"""A daemon that knows devices says so within this time."""


@dataclass(frozen=True, slots=True)
class Restart:
    """How long a daemon took to be ready."""

    devices: int
    head: str
    cold_s: float
    """With an empty state directory."""
    empty_bytes: int
    """Memory of a daemon that knows nobody."""
    ready_s: list[float]
    """Over the snapshot, one figure a start; each but the first after a SIGKILL."""
    known: int
    """Devices that it said it knew then."""


def measure(detector: Detector, devices: int, times: int, folder: Path | None, tell: Callable[[str], None]) -> Restart:
    """Start a daemon cold once, and over a snapshot so many times.

    Raises: DetectorError when it does not come up or knows nobody, SnapshotError when the snapshot cannot be written.
    """
    stream = Stream(devices, 0, None)
    with TemporaryDirectory(prefix="detector-bench-", dir=folder) as place, load(stream) as broker:
        cold_s, _, empty_bytes = _start(detector, broker.url, stream, Path(place) / "cold")
        tell(f"cold start: {cold_s:.2f} s; now a snapshot of {devices:,} devices")
        warm = Path(place) / "warm"
        write_snapshot(detector, devices, warm / "state")
        ready_s, known = [], 0
        for _ in range(times):
            took_s, known, _ = _start(detector, broker.url, stream, warm)
            ready_s.append(took_s)
            if known != devices:
                raise DetectorError(
                    f"a snapshot of {devices} devices was written, and the daemon over it knows {known}"
                )
            tell(f"{devices:,} devices: ready after {took_s:.2f} s")
    return Restart(devices, detector.head, cold_s, empty_bytes, ready_s, known)


def write_snapshot(detector: Detector, devices: int, state: Path) -> None:
    """Write what a daemon would have that has heard each device twice.

    Raises: SnapshotError when it cannot be written.
    """
    model, settings = load_model(detector.model), settings_for(devices, detector.head)
    engine, batcher = Engine(settings, model.network, model.reference), Batcher(settings.engine.max_batch)
    view = ChannelView()
    for turn in range(2):
        for begin in range(0, devices, AT_ONCE):
            readings: list[Reading] = readings_of(range(begin, min(devices, begin + AT_ONCE)), turn)
            for batch in batcher.cut(readings):
                view.show(engine.step(batch))
    state.mkdir(parents=True)
    keeper = Keeper(state, 3600.0, SystemClock())
    now = Snapshot(1, SystemClock().wall(), batcher.freeze(), engine.freeze(), view.freeze())
    keeper.take(1, OfThisProcess(lambda: now))


def _known(daemon: DaemonProcess) -> int:
    """Return how many devices a daemon knows; it counts them once a second."""
    until = time.monotonic() + COUNTED_WITHIN_S
    while (known := round(daemon.counters()["detector_devices"])) == 0 and time.monotonic() < until:
        time.sleep(0.1)
    return known


def _start(detector: Detector, url: str, stream: Stream, folder: Path) -> tuple[float, int, int]:
    """Start a daemon, kill it once it is ready; return how long that took, how many devices it knew, and its memory."""
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with detector.running(url, stream, folder) as subject:
        took_s = time.monotonic() - began
        assert subject.daemon is not None
        known, resident = _known(subject.daemon), held_bytes(subject.pid)
        os.kill(subject.pid, signal.SIGKILL)
        subject.daemon.await_end()
    return took_s, known, resident
