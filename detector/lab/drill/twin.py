"""An engine that takes in a journal, or goes on from a snapshot, and can be compared with another to the last bit.

In: arrivals in order. Out: alert events, and a digest of all that is remembered.
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import orjson

from detector.domain import AlertEvent, Reading
from detector.edge.journal import Arrival
from detector.edge.model_file import ModelFile
from detector.edge.recording.columns import Claims
from detector.edge.snapshot import Shelf, read_snapshot
from detector.engine import Engine
from detector.report import Batch
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
        self._claims = Claims(settings.sensors)

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
        for batch in self._batches(arrivals):
            self.events.extend(self._engine.step(batch).events)

    def take_readings(self, readings: Iterable[Reading]) -> None:
        """Take in readings that have no number."""
        for batch in self._batcher.cut(readings):
            self.events.extend(self._engine.step(batch).events)

    def digest(self) -> str:
        """Return what tells two twins apart that do not remember the same."""
        frozen = self._engine.freeze()
        names = [list(frozen.devices), frozen.channels, list(frozen.entries), frozen.groups, frozen.turned]
        digest = hashlib.sha256(orjson.dumps([names, list(self._batcher.freeze())]))
        for name, block in sorted(frozen.blocks.items()):
            for column, array in sorted(block.arrays.items()):
                digest.update(f"{name}.{column}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _batches(self, arrivals: Iterable[Arrival]) -> Iterator[Batch]:
        """Yield the batches of arrivals."""
        for idle, run in groupby(arrivals, key=lambda arrival: arrival.value is None):
            if idle:
                ticks = list(run)
                self.seq = ticks[-1].seq
                yield self._batcher.idle_again([tick.at for tick in ticks])
            else:
                yield from self._batcher.cut(self._readings(run))

    def _readings(self, arrivals: Iterable[Arrival]) -> Iterator[Reading]:
        """Yield the readings of arrivals."""
        for seq, device, channel, entry, at, value in arrivals:
            self.seq = seq
            claim = self._claims.named(entry or "")
            assert claim is not None
            assert device is not None
            assert channel is not None
            assert value is not None
            yield Reading(device, channel, at, value, claim.entry)
