"""What one step of the engine says: a row for every reading it was given, and the alert events.

In: nothing. Out: the types `Batch`, `Report` and `Census`, which the engine, the edge and the lab share.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.domain import (
    AlertEvent,
    Calibrating,
    EventTime,
    FeedbackKind,
    Height,
    NotInOrder,
    Outcome,
    Scored,
    Stage,
    Verdict,
    WarmingUp,
)
from detector.readings import Readings

NO_TIMES = np.zeros(0, np.int64)


class Tick(NamedTuple):
    """A moment of the stream clock at which silence is judged, before the batch's reading at place `before`."""

    at: EventTime
    before: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What the engine takes in one step: at most one reading of each channel, in stream order, and ticks among them."""

    readings: Readings
    ticks: tuple[Tick, ...] = ()
    hour: EventTime | None = None
    """The hour of the stream clock that began before the first of these readings, if one did."""
    now_us: NDArray[np.int64] = field(default_factory=lambda: NO_TIMES, compare=False)
    """The stream clock at each reading, itself heard."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of each reading of a batch, row by row, and the episodes that turned.

    Shapes: every array is (B,), one row a reading, in the batch's order. A number in `expected`, `lower`
    and `upper` means something only where `forecast_known`, in `score` and `threshold` only where `stage` is SCORED.
    """

    readings: Readings
    stage: NDArray[np.int8]
    """`Stage` codes."""
    steps_left: NDArray[np.int32]
    """Readings until the next stage, while WARMING_UP or CALIBRATING."""
    steps_needed: NDArray[np.int32]
    """Readings that the present stage takes in all."""
    forecast_known: NDArray[np.bool_]
    expected: NDArray[np.float64]
    """Forecast, in the channel's unit."""
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    """1.0 is the threshold."""
    threshold: NDArray[np.float64]
    """-log10 of the p-value at which the channel alerts now."""
    anomalous: NDArray[np.int8]
    """1 above, -1 below, 0 neither."""
    events: tuple[AlertEvent, ...]
    """In stream order."""
    ticks: tuple[Tick, ...]
    departed: tuple[tuple[str, str], ...] = ()
    """Device and channel of all that were let go before these readings, for want of room."""

    def outcome(self, row: int) -> Outcome:
        """Return what became of one reading, as a type that has a number only where one exists."""
        stage = Stage(int(self.stage[row]))
        left, needed = int(self.steps_left[row]), int(self.steps_needed[row])
        if stage is Stage.WARMING_UP:
            return WarmingUp(left)
        if stage is Stage.CALIBRATING:
            return Calibrating(needed - left, needed)
        if stage is Stage.SCORED:
            return Scored(float(self.score[row]), float(self.threshold[row]))
        return NotInOrder(stage)

    def count(self, *stages: Stage) -> int:
        """Return how many readings ended in one of these stages."""
        return int(np.isin(self.stage, stages).sum())


class Progress(NamedTuple):
    """How far a device has learnt."""

    share: float
    """0 nothing, 1 all that there is to learn before its thresholds rest on its own past."""
    left_s: float | None
    """Seconds until then; None while the cadence of one of its channels is not known."""


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """How far each device has learnt, and how well each channel is forecast; names beside arrays, made in no time."""

    devices: tuple[str, ...]
    share: NDArray[np.float64]
    left_s: NDArray[np.float64]
    """Infinite where not known."""
    channels: Sequence[tuple[str, str]]
    """Device and channel."""
    skill: NDArray[np.float64]
    """1 - mean absolute residual over that of the last value."""
    skill_known: NDArray[np.bool_]

    def progress(self) -> dict[str, Progress]:
        """Return how far each device is."""
        pairs = zip(self.devices, self.share.tolist(), self.left_s.tolist(), strict=True)
        return {device: Progress(share, left_s if math.isfinite(left_s) else None) for device, share, left_s in pairs}

    def skills(self) -> dict[tuple[str, str], float]:
        """Return the skill of every channel that has one."""
        found = zip(self.channels, self.skill.tolist(), self.skill_known.tolist(), strict=True)
        return {channel: skill for channel, skill, known in found if known}


class InForce(NamedTuple):
    """What was said of an alert, and counts still."""

    alert: str
    """Its id."""
    device: str
    channel: str
    kind: FeedbackKind
    until: EventTime
    """When the device's clock says so, it no longer counts."""
    raised: tuple[Height, ...]
    """The factor by which each threshold is raised, at first; none where the alert was confirmed."""


NO_STANDING = Standing((), np.zeros(0), np.zeros(0), (), np.zeros(0), np.zeros(0, np.bool_))
"""Of no device."""


@dataclass(frozen=True, slots=True)
class Census:
    """How the fleet stands after a step."""

    devices: int
    channels: int
    learning: int
    """Devices with a channel that is not scored yet."""
    episodes_open: dict[Verdict, int]
    budget_used: float
    """Budgeted alerts of the last period over those the budget allows; 1.0 is all of it."""
    standing: Standing = field(default=NO_STANDING, compare=False)
    feedback: tuple[InForce, ...] = ()
