"""An engine that takes in a journal, or goes on from a snapshot, and can be compared with another to the last bit.

In: arrivals in order. Out: alert events, and a digest of all that is remembered.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import orjson

from detector.domain import AlertEvent, Feedback, Reading
from detector.edge.journal import Again, Arrival
from detector.edge.model_file import ModelFile
from detector.edge.snapshot import Shelf, read_snapshot
from detector.engine import Engine
from detector.settings import Settings
from detector.stream.batch import Batcher

CUT = 100
"""Readings in a batch at most: other ones than the daemon's, as they may not matter."""


class Twin:
    """One engine with its batcher."""

    def __init__(self, settings: Settings, model: ModelFile) -> None:
        """Know nothing."""
        self.seq = 0
        """Number of the last arrival taken in."""
        self.events: list[AlertEvent] = []
        self._engine, self._batcher = Engine(settings, model.network, model.reference), Batcher(CUT)
        self._again = Again(settings.sensors)

    @classmethod
    def from_disk(cls, settings: Settings, model: ModelFile, state: Path) -> "Twin":
        """Return one that goes on from the newest snapshot of a state directory, if there is one.

        Raises: SnapshotError.
        """
        twin, found = cls(settings, model), Shelf(state).newest_first()
        if found:
            snapshot = read_snapshot(found[0])
            twin._engine.restore(snapshot.engine)
            twin._batcher, twin.seq = Batcher(CUT, snapshot.clock), snapshot.seq
        return twin

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Take in arrivals after the last one."""
        for batch in self._again.batches(self._counted(arrivals), self._batcher):
            if isinstance(batch, Feedback):
                self._engine.hear(batch)
            else:
                self.events.extend(self._engine.step(batch).events)

    def take_readings(self, readings: Iterable[Reading]) -> None:
        """Take in readings that have no number."""
        for batch in self._batcher.cut(readings):
            self.events.extend(self._engine.step(batch).events)

    def digest(self) -> str:
        """Return what tells two twins apart that do not remember the same."""
        frozen = self._engine.freeze()
        names = [list(frozen.devices), list(frozen.channels), list(frozen.entries), frozen.groups, frozen.turned]
        digest = hashlib.sha256(orjson.dumps([names, list(self._batcher.freeze())]))
        for name, block in sorted(frozen.blocks.items()):
            for column, array in sorted(block.arrays.items()):
                digest.update(f"{name}.{column}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _counted(self, arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
        """Yield arrivals, and note how far they go."""
        for arrival in arrivals:
            self.seq = arrival.seq
            yield arrival
