"""Takes snapshots when they are due, without stopping the scoring, and says how that goes.

In: what there is to write, from the scoring thread between two turns, and the time. Out: snapshots on the shelf, how far back the journal
is needed, a `SnapshotStatus` for any thread. One that fails is told once, and tried again at the next interval.
"""

import logging
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from detector.clock import Clock, MonoTime, WallTime
from detector.edge.forked import CAN_FORK
from detector.edge.snapshot.aside import Pause
from detector.edge.snapshot.files import Snapshot, no_pause, write_snapshot
from detector.edge.snapshot.shelf import Shelf
from detector.edge.snapshot.subject import Copy, Subject

log = logging.getLogger("detector.snapshot")

TOO_LONG_S: Final = 600.0
"""A copy that takes longer is ended: it would keep all later snapshots from being taken."""

END_WITHIN_S: Final = 5.0
"""Longest wait for the end of a copy that was told to; one that hangs on a disk may not end at all."""


@dataclass(frozen=True, slots=True)
class SnapshotStatus:
    """How the snapshots are."""

    trouble: str | None
    """Why the last one failed, for people; None when it did not."""
    taken_at: WallTime | None
    """When what is on disk was as good as what is in memory; None before the first."""
    took_s: float
    """Of the last one, from the start to the disk."""
    paused_s: float
    """How long the scoring stood still for the last one."""
    failures: int


NO_SNAPSHOT: Final = SnapshotStatus(None, None, 0.0, 0.0, 0)


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A snapshot that is being written."""

    aside: Copy
    seq: int
    begun: MonoTime
    taken_at: WallTime
    paused_s: float


class Keeper:
    """The snapshots of one state directory; not thread-safe but for `status`, the scoring thread owns it."""

    def __init__(self, directory: Path, every_s: float, clock: Clock) -> None:
        """Take one every `every_s` seconds, the first after that time."""
        self.shelf = Shelf(directory)
        self._every_s, self._clock = every_s, clock
        self._due_at = MonoTime(clock.mono() + every_s)
        self._under_way: _UnderWay | None = None
        self._seq = 0
        self.needed_after = self.shelf.needed_after()
        """The arrival after which the journal is needed; None where there is no snapshot."""
        self._status = NO_SNAPSHOT

    def status(self) -> SnapshotStatus:
        """Return how the snapshots are; for any thread."""
        return self._status

    def found(self, seq: int, taken_at: WallTime) -> None:
        """Note the snapshot that the daemon goes on from."""
        self._seq, self._status = seq, replace(NO_SNAPSHOT, taken_at=taken_at)

    def due(self) -> bool:
        """Return whether it is time for the next; never while one is being written."""
        return self._under_way is None and self._clock.mono() >= self._due_at

    def postpone(self) -> None:
        """Wait for another interval."""
        self._due_at = MonoTime(self._clock.mono() + self._every_s)

    def begin(self, seq: int, subject: Subject) -> None:
        """Write what the subject remembers now, beside the scoring; where nothing arrived since the last one, that one is as good."""
        self.postpone()
        taken_at = self._clock.wall()
        if seq == self._seq:
            self._status = replace(self._status, taken_at=taken_at)
            return
        if not CAN_FORK:
            self.take(seq, subject)
            return
        begun, place = self._clock.mono(), self.shelf.place(seq)
        try:
            aside = subject.aside(partial(_write, self.shelf, place))
        except OSError as fault:
            self._failed(f"cannot write beside the scoring: {fault}")
            return
        self._under_way = _UnderWay(aside, seq, begun, taken_at, self._clock.mono() - begun)

    def look_after(self) -> None:
        """See whether the one under way is finished."""
        under_way = self._under_way
        if under_way is None:
            return
        wrong, too_long = under_way.aside.outcome(), self._clock.mono() - under_way.begun > TOO_LONG_S
        if wrong is None:
            if too_long:
                under_way.aside.end()
            return
        if wrong and too_long:
            wrong = f"not done within {TOO_LONG_S:.0f} s: {wrong}"
        self._under_way = None
        if wrong:
            self._failed(wrong)
        else:
            self._well(under_way.seq, under_way.taken_at, self._clock.mono() - under_way.begun, under_way.paused_s)

    def take(self, seq: int, subject: Subject, pause: Pause = no_pause) -> None:
        """Write what the subject remembers while everything waits; one under way is given up for it. `pause` is called now and then."""
        self._give_up()
        if seq == self._seq:
            return
        begun, taken_at = self._clock.mono(), self._clock.wall()
        try:
            subject.at_once(partial(_write, self.shelf, self.shelf.place(seq)), pause)
        except OSError as fault:
            self._failed(str(fault))
        else:
            took_s = self._clock.mono() - begun
            self._well(seq, taken_at, took_s, took_s)

    def _give_up(self) -> None:
        """End the one under way, if there is one."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.aside.end()
            until = self._clock.mono() + END_WITHIN_S
            while under_way.aside.outcome() is None and self._clock.mono() < until:
                time.sleep(0.01)

    def _well(self, seq: int, taken_at: WallTime, took_s: float, paused_s: float) -> None:
        """Take note of one that succeeded."""
        if self._status.trouble is not None:
            log.warning("snapshots can be written again")
        self._seq, self.needed_after = seq, self.shelf.needed_after()
        self._status = SnapshotStatus(None, taken_at, took_s, paused_s, self._status.failures)
        log.debug("snapshot %d took %.2f s; the scoring stood still for %.1f ms", seq, took_s, 1e3 * paused_s)

    def _failed(self, wrong: str) -> None:
        """Take note of one that failed, and say so once."""
        before = self._status
        if before.trouble is None:
            log.error(
                "no snapshot in %s: %s; scoring goes on, a restart would take longer; trying again in %.0f s",
                self.shelf.folder, wrong, self._every_s,
            )  # fmt: skip
        trouble = f"cannot write a snapshot: {wrong}"
        self._status = SnapshotStatus(trouble, before.taken_at, before.took_s, before.paused_s, before.failures + 1)


def _write(shelf: Shelf, place: Path, snapshot: Snapshot, pause: Pause) -> None:
    """Write a snapshot, and let go of what is in nobody's way any more, before, for the room, and after.

    Raises: OSError.
    """
    shelf.tidy()
    write_snapshot(place, snapshot, pause)
    shelf.tidy()
