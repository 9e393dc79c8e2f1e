"""The way back after an end of any kind: the newest snapshot that is sound, then the rest of the journal, as it arrived.

In: a shelf of snapshots, a journal. Out: an engine, a batcher and a view that stand as they did after the last arrival on disk, and
in the log what was found and what could not be kept. Nothing is refused twice, and nothing here ends the daemon: at worst it begins
anew with what the journal has.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from detector.clock import Clock, MonoTime
from detector.daemon.worker import Worker
from detector.domain import Feedback
from detector.edge import systemd
from detector.edge.frozen_view import only_devices
from detector.edge.journal import Again, Arrival
from detector.edge.snapshot import read_snapshot
from detector.edge.stepping import Here
from detector.engine import Engine
from detector.errors import SnapshotError
from detector.report import Batch
from detector.settings import Settings
from detector.stream.batch import Batcher

log = logging.getLogger("detector.recovery")

TELL_EVERY_S: Final = 1.0
"""Between two signs of life for the supervisor."""
LOG_EVERY_S: Final = 10.0
LONGEST_S: Final = 60.0
"""Longest that may pass between two signs of life."""


class Recovery:
    """Brings one worker back, before its link is started."""

    def __init__(self, worker: Worker, settings: Settings, fresh: Callable[[], Engine], clock: Clock) -> None:
        """Prepare; `fresh` makes an engine that knows nothing."""
        self._worker, self._settings, self._fresh, self._clock = worker, settings, fresh, clock
        self._again = Again(settings.sensors)
        self._told_at = self._logged_at = MonoTime(0.0)
        self.taken = 0
        """Arrivals of the journal that were taken in so far."""

    def run(self, go_on: Callable[[], bool]) -> bool:
        """Recover; return whether all of it was, and not given up because `go_on` said so."""
        began = self._clock.mono()
        systemd.going_on("reading the snapshot", LONGEST_S)
        self._worker.journal.needed_after = self._worker.keeper.needed_after
        seq = self._from_snapshots()
        self._worker.journal.continue_after(seq)
        whole = self._from_journal(seq, go_on)
        if self.taken:
            log.info("recovered %d arrivals from the journal in %.1f s", self.taken, self._clock.mono() - began)
        if self._again.unclaimed:
            log.warning("%d readings of the journal belong to no sensors entry any more", self._again.unclaimed)
        return whole

    def _from_snapshots(self) -> int:
        """Go on from the newest snapshot that can be used; return the number of its last arrival, 0 where there is none."""
        shelf = self._worker.keeper.shelf
        for folder in shelf.newest_first():
            try:
                return self._restore(folder)
            except SnapshotError as fault:
                aside = shelf.refuse(folder)
                kept = "it could not be set aside" if aside is None else f"it was set aside as {aside.name}"
                log.error("snapshot refused: %s; %s, and the one before it is tried", fault, kept)  # noqa: TRY400 - the sentence says it all
        return 0

    def _restore(self, folder: Path) -> int:
        """Go on from one snapshot; nothing of it is left where that fails.

        Raises: SnapshotError.
        """
        snapshot, worker = read_snapshot(folder), self._worker
        try:
            dropped = worker.engine.restore(snapshot.engine)
            left = set(worker.engine.freeze().devices)
            worker.view.restore(only_devices(snapshot.view, left, snapshot.engine.channels), worker.engine.entry_of)
        except Exception as fault:
            worker.stepper = Here(self._fresh())
            raise SnapshotError(f"{folder}: expected what an engine remembers, got: {fault!r}") from fault
        worker.batcher = Batcher(self._settings.engine.max_batch, snapshot.clock)
        worker.keeper.found(snapshot.seq, snapshot.taken_at)
        age_s = max(0.0, self._clock.wall() - snapshot.taken_at)
        devices, channels = len(snapshot.engine.devices), len(snapshot.engine.channels)
        log.info("snapshot %d, %.0f s old: %d devices, %d channels", snapshot.seq, age_s, devices, channels)
        if dropped:
            log.warning("what the present model and configuration do not fit was let go: %s", "; ".join(dropped))
        return snapshot.seq

    def _from_journal(self, after: int, go_on: Callable[[], bool]) -> bool:
        """Take in the arrivals after a number; return whether that was not given up."""
        try:
            for batch in self._again.batches(self._arrivals(after), self._worker.batcher):
                self._take(batch)
                self._tell()
                if not go_on():
                    return False
        except sqlite3.Error as fault:
            log.error("the journal cannot be read to its end: %s; going on from there", fault)  # noqa: TRY400 - as above
        return True

    def _take(self, batch: Batch | Feedback) -> None:
        """Take in one batch; what the engine failed by when it came must not make it fail at every start."""
        try:
            self._worker.recover(batch)
        except Exception:
            readings = 0 if isinstance(batch, Feedback) else len(batch.readings)
            log.exception("a fault in the detector itself, please report it; %d readings left out", readings)

    def _arrivals(self, after: int) -> Iterator[Arrival]:
        """Yield what the journal has after a number, and count it; say where something is missing in front of it."""
        for arrival in self._worker.journal.read(after):
            if not self.taken and after and arrival.seq > after + 1:
                log.warning(
                    "the journal begins at %d, the snapshot ends at %d: what is between is lost", arrival.seq, after
                )
            self.taken += 1
            yield arrival

    def _tell(self) -> None:
        """Give signs of life, to the supervisor and in the log."""
        now = self._clock.mono()
        if now - self._told_at < TELL_EVERY_S:
            return
        self._told_at = now
        systemd.going_on(f"recovering: {self.taken} arrivals", LONGEST_S)
        if now - self._logged_at >= LOG_EVERY_S:
            self._logged_at = now
            log.info("recovering: %d arrivals of the journal taken in", self.taken)
