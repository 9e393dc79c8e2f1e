"""Snapshots for tests: of a small engine that has seen something."""

from detector.clock import WallTime
from detector.edge.snapshot import Snapshot
from detector.engine import Engine
from detector.stream.batch import Batcher
from tests.fleet import engine, merged, noise, readings


def stepped(seed: int = 1) -> tuple[Engine, Batcher]:
    """Return an engine and its batcher after some readings of two devices."""
    subject, batcher = engine(), Batcher(4096)
    stream = merged(readings("é/1", noise(seed, 60)), readings("b", noise(seed + 1, 40), channel="p", cadence_s=400.0))
    for batch in batcher.cut(stream):
        subject.step(batch)
    return subject, batcher


def taken(seq: int = 7, seed: int = 1) -> Snapshot:
    """Return a snapshot of that."""
    subject, batcher = stepped(seed)
    return Snapshot(seq, WallTime(1_700_000_000.0), batcher.freeze(), subject.freeze(), {"shown": [seq, None, "é"]})
