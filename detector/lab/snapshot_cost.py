"""Measures what snapshots cost: how long scoring stands still for one, how much slower it is beside it, how long a restart takes.

In: a model, and how many devices of one channel each. Out: seconds and bytes, on this machine and the disk of a folder.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np

from detector.clock import SystemClock
from detector.domain import MICROSECONDS, EventTime, Reading
from detector.edge.model_file import ModelFile
from detector.edge.snapshot import Keeper, OfThisProcess, Snapshot, read_snapshot
from detector.engine import Engine
from detector.errors import SnapshotError
from detector.lab.cost import CADENCE_S, START
from detector.report import Batch
from detector.settings import Settings
from detector.stream.batch import Batcher

T = TypeVar("T")

ROUNDS = 3
"""Readings of every device before the snapshot: groups know each other, and all pages were written."""

VIEW: dict[str, Any] = {}
"""What people see is not measured: names and numbers of a few bytes a channel."""


@dataclass(frozen=True, slots=True)
class SnapshotCost:
    """What a snapshot and a restart cost."""

    devices: int
    bytes_on_disk: int
    paused_s: float
    """Scoring stood still for so long."""
    took_s: float
    """From the start to the disk, scoring meanwhile."""
    step_s: float
    """A step, with no snapshot under way: the median."""
    beside_s: float
    """The same while one is written: the median."""
    longest_s: float
    """The longest step while one is written: the first one to write what the copy still needs."""
    rows: int
    """Readings in a step."""
    read_s: float
    """Reading a snapshot, every checksum checked."""
    restored_s: float
    """Giving it to an engine."""


def measure(model: ModelFile, settings: Settings, devices: int, folder: Path) -> SnapshotCost:
    """Take one snapshot of `devices` devices beside the scoring, and go on from it.

    Raises: SnapshotError when it cannot be written.
    """
    engine, batcher = Engine(settings, model.network, model.reference), Batcher(settings.engine.max_batch)
    steps = [_step(engine, batch) for turn in range(ROUNDS) for batch in _round(batcher, devices, turn)]
    keeper = Keeper(folder, 3600.0, SystemClock())
    waiting = list(_round(batcher, devices, ROUNDS))
    keeper.begin(1, OfThisProcess(lambda: Snapshot(1, SystemClock().wall(), batcher.freeze(), engine.freeze(), VIEW)))
    beside: list[float] = []
    while keeper.status().taken_at is None:
        beside.append(_step(engine, waiting[len(beside) % len(waiting)]))
        keeper.look_after()
        if keeper.status().trouble is not None:
            raise SnapshotError(f"{folder}: {keeper.status().trouble}")
    place, rows = keeper.shelf.newest_first()[0], len(waiting[0].readings)
    fresh = Engine(settings, model.network, model.reference)
    read_s, snapshot = _timed(lambda: read_snapshot(place))
    restored_s, _ = _timed(lambda: fresh.restore(snapshot.engine))
    return SnapshotCost(
        devices=devices,
        bytes_on_disk=sum(file.stat().st_size for file in place.iterdir()),
        paused_s=keeper.status().paused_s,
        took_s=keeper.status().took_s,
        step_s=median(steps[-len(waiting) :]),
        beside_s=median(beside),
        longest_s=max(beside),
        rows=rows,
        read_s=read_s,
        restored_s=restored_s,
    )


def readings_of(places: range, turn: int) -> list[Reading]:
    """Return one reading of every device at these places."""
    values = np.random.default_rng((turn, places.start)).standard_normal(len(places)).tolist()
    at = EventTime(START + round(turn * CADENCE_S * MICROSECONDS))
    return [Reading(f"device-{place}", "value", at, value, 0) for place, value in zip(places, values, strict=True)]


def _round(batcher: Batcher, devices: int, turn: int) -> list[Batch]:
    """Return one reading of every device."""
    return list(batcher.cut(readings_of(range(devices), turn)))


def _step(engine: Engine, batch: Batch) -> float:
    """Return the seconds that a step took."""
    return _timed(lambda: engine.step(batch))[0]


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    """Return how long something took, and what it returned."""
    began = time.perf_counter()
    done = act()
    return time.perf_counter() - began, done
