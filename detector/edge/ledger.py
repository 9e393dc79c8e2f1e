"""The one place where readings are counted, under one lock.

In: what happened to messages and readings. Out: `Counts`, which balances at every moment:
received = rejected + dropped + late + duplicate + scored + pending.

A message counts as one received and pending reading until it is decoded; decoded to k readings and
rejections, received and pending grow by k - 1.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from detector.domain import DropReason, RejectReason, Stage
from detector.report import Report

REFUSALS = {
    Stage.REFUSED_DEVICE: RejectReason.TOO_MANY_DEVICES,
    Stage.REFUSED_CHANNEL: RejectReason.TOO_MANY_CHANNELS,
}
"""Readings that the engine turns away, and the reason they are counted under."""

ReasonT = TypeVar("ReasonT", bound=Enum)


@dataclass(frozen=True, slots=True)
class Counts:
    """All counts at one moment; every reason is there, also those with a zero."""

    messages: int
    received: int
    rejected: Mapping[RejectReason, int]
    dropped: Mapping[DropReason, int]
    late: int
    duplicate: int
    scored: int
    """Stepped through the engine in order, warm-up and calibration included."""
    pending: int
    """Arrived, and nothing else known of them yet."""

    @property
    def balanced(self) -> bool:
        """Whether every received reading is accounted for."""
        ended = sum(self.rejected.values()) + sum(self.dropped.values()) + self.late + self.duplicate + self.scored
        return self.pending >= 0 and self.received == ended + self.pending


class Ledger:
    """Counts every reading from its arrival to its end."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = threading.Lock()
        self._messages = self._received = self._pending = 0
        self._rejected: Counter[RejectReason] = Counter()
        self._dropped: Counter[DropReason] = Counter()
        self._stages: Counter[Stage] = Counter()

    def arrived(self, messages: int = 1) -> None:
        """Count messages that came in: one reading each until they are decoded."""
        with self._lock:
            self._messages += messages
            self._received += messages
            self._pending += messages

    def dropped(self, reason: DropReason, readings: int = 1) -> None:
        """Count pending readings, or undecoded messages, that were given up."""
        with self._lock:
            self._end(readings)
            self._dropped[reason] += readings

    def decoded(self, readings: int, rejected: Sequence[RejectReason] = ()) -> None:
        """Count one message that turned out to hold these readings and rejections, at least one in all."""
        grown = readings + len(rejected) - 1
        if grown < 0:
            raise ValueError("expected a message to decode to at least one reading or rejection, got none")
        with self._lock:
            self._end(len(rejected) - grown)
            self._received += grown
            self._rejected.update(rejected)

    def decoded_plainly(self, messages: int, readings: int) -> None:
        """Count messages that turned out to hold so many readings in all, at least one each, and nothing else."""
        with self._lock:
            self._received += readings - messages
            self._pending += readings - messages

    def repeated(self, readings: int) -> None:
        """Count decoded readings of a message that was taken in before."""
        with self._lock:
            self._end(readings)
            self._stages[Stage.DUPLICATE] += readings

    def stepped(self, report: Report) -> None:
        """Count the readings of one step by what became of them."""
        counts: list[int] = np.bincount(report.stage, minlength=len(Stage)).tolist()
        with self._lock:
            self._end(len(report.readings))
            for stage, readings in zip(Stage, counts, strict=True):
                if readings and stage in REFUSALS:
                    self._rejected[REFUSALS[stage]] += readings
                elif readings:
                    self._stages[stage] += readings

    def snapshot(self) -> Counts:
        """Return all counts as of one moment."""
        with self._lock:
            stages = self._stages
            return Counts(
                messages=self._messages,
                received=self._received,
                rejected=_complete(RejectReason, self._rejected),
                dropped=_complete(DropReason, self._dropped),
                late=stages[Stage.LATE],
                duplicate=stages[Stage.DUPLICATE],
                scored=stages[Stage.WARMING_UP] + stages[Stage.CALIBRATING] + stages[Stage.SCORED],
                pending=self._pending,
            )

    def _end(self, readings: int) -> None:
        """Take readings out of pending; more than there are is a fault in the caller's counting."""
        if readings > self._pending:
            raise ValueError(f"expected at most {self._pending} pending readings to end, got {readings}")
        self._pending -= readings


def _complete(reasons: type[ReasonT], counts: Mapping[ReasonT, int]) -> Mapping[ReasonT, int]:
    """Return a read-only copy of the counts with every reason in it."""
    return MappingProxyType({reason: counts.get(reason, 0) for reason in reasons})
