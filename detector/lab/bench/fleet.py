"""Measures what a fleet of one size costs: memory and time of its engine, snapshot and restore; a process of its own for each size.

In: how many devices of one channel each, which head. Out: bytes and microseconds. `python -m detector.lab.bench.fleet` is that
process, so that no size inherits the memory of another.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from detector.edge.model_file import ModelFile, load_model
from detector.edge.process_cost import available_bytes, held_bytes, peak_bytes
from detector.engine import Engine
from detector.errors import DetectorError
from detector.lab import snapshot_cost
from detector.lab.bench.contenders import ONE_THREAD
from detector.settings import Settings
from detector.stream.batch import Batcher

SHARE_OF_MEMORY: Final = 0.8
"""A fleet is not tried that would take more than this part of what the machine has."""

AT_ONCE: Final = 1000
"""Readings in a batch, for every size of fleet: so the sizes differ in nothing but their memory."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    model: Path
    devices: int
    head: str
    rounds: int
    snapshot: bool
    """With a snapshot, for which memory must hold two engines."""
    folder: Path | None
    """On whose disk; None: the temporary folder's."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a fleet costs."""

    devices: int
    head: str
    rounds: int
    """Readings of every device; from the 64th on they are scored."""
    reading_us: float
    """Microseconds of one core a reading, all but decoding: the median of the last rounds."""
    first_us: float
    """The same of the first round, in which every device is new."""
    state_bytes: float
    """Bytes of the arrays a device."""
    device_bytes: float
    """Bytes of the process a device, beyond those it began with, as after it has learnt everything."""
    resident_bytes: int
    peak_bytes: int
    """The most that the process held, the snapshot's and the second engine's included."""
    snapshot: dict[str, float] | None
    """What `snapshot_cost` found, in seconds and bytes; None where memory did not suffice for it."""


def measure_in_child(plan: Plan) -> Fleet:
    """Measure one size in a process of its own.

    Raises: DetectorError when it fails.
    """
    words = [json.dumps({**asdict(plan), "model": str(plan.model), "folder": plan.folder and str(plan.folder)})]
    command = [sys.executable, "-m", "detector.lab.bench.fleet", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **ONE_THREAD})
    if done.returncode:
        last = "".join(done.stderr.strip().splitlines()[-1:])
        raise DetectorError(f"{plan.devices:,} devices, {plan.head}: {last or f'ended by signal {-done.returncode}'}")
    return Fleet(**json.loads(done.stdout))


def fits(devices: int, device_bytes: float) -> bool:
    """Tell whether a fleet fits the memory of this machine, if a device takes so much."""
    return devices * device_bytes < SHARE_OF_MEMORY * available_bytes()


def measure(plan: Plan) -> Fleet:
    """Measure one size in this process, which had better be a new one.

    Raises: ModelError when there is no model; SnapshotError when the snapshot cannot be written.
    """
    model, devices, pid = load_model(plan.model), plan.devices, os.getpid()
    settings, began = settings_for(devices, plan.head), held_bytes(pid)
    engine, batcher = Engine(settings, model.network, model.reference), Batcher(settings.engine.max_batch)
    took = [_round_us(engine, batcher, devices, turn) for turn in range(plan.rounds)]
    state = sum(column.nbytes for block in engine.blocks().values() for column in block.arrays().values())
    _touch(engine)
    resident = held_bytes(pid)
    del engine, batcher
    return Fleet(
        devices=devices,
        head=plan.head,
        rounds=plan.rounds,
        reading_us=median(took[-max(1, plan.rounds // 3) :]),
        first_us=took[0],
        state_bytes=state / devices,
        device_bytes=(resident - began) / devices,
        resident_bytes=resident,
        snapshot=_snapshot(model, settings, plan) if plan.snapshot else None,
        peak_bytes=peak_bytes(pid),
    )


def _snapshot(model: ModelFile, settings: Settings, plan: Plan) -> dict[str, float]:
    """Measure a snapshot of such a fleet."""
    with TemporaryDirectory(dir=plan.folder, prefix="detector-bench-") as place:
        return asdict(snapshot_cost.measure(model, settings, plan.devices, Path(place)))


def settings_for(devices: int, head: str) -> Settings:
    """Return settings with room for a fleet of one channel each."""
    engine: dict[str, Any] = {"max_devices": devices, "max_total_channels": devices, "head": head}
    return Settings.model_validate({"sensors": [{"name": "bench"}], "engine": engine})


def _round_us(engine: Engine, batcher: Batcher, devices: int, turn: int) -> float:
    """Send one reading of every device; return the microseconds of processor time that each took."""
    spent = 0.0
    for begin in range(0, devices, AT_ONCE):
        readings = snapshot_cost.readings_of(range(begin, min(devices, begin + AT_ONCE)), turn)
        began = time.process_time()
        for batch in batcher.cut(readings):
            engine.step(batch)
        spent += time.process_time() - began
    return 1e6 * spent / devices


def _touch(engine: Engine) -> None:
    """Write to all the memory that the devices known have: a fleet that is young has not come to all of it."""
    for block in engine.blocks().values():
        for rows in block.stretches():
            for column in block.arrays().values():
                column[rows] = column[rows].copy()  # numpy leaves out what goes to where it is


def main() -> None:
    """Measure what the command line says, and write it as JSON."""
    told = json.loads(sys.argv[1])
    folder = None if told["folder"] is None else Path(told["folder"])
    found = measure(Plan(**{**told, "model": Path(told["model"]), "folder": folder}))
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
