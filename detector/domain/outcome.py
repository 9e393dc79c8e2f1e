"""What becomes of a reading in the engine."""

from dataclasses import dataclass
from enum import IntEnum


class Stage(IntEnum):
    """What became of a reading in the engine; the codes of `Report.stage`."""

    WARMING_UP = 0
    CALIBRATING = 1
    SCORED = 2
    LATE = 3
    DUPLICATE = 4
    REFUSED_DEVICE = 5
    REFUSED_CHANNEL = 6


@dataclass(frozen=True, slots=True)
class WarmingUp:
    """No forecast can be judged yet: the scale of the channel is not known."""

    steps_left: int


@dataclass(frozen=True, slots=True)
class Calibrating:
    """Forecasts are made, but too few residuals were seen to say what is strange."""

    have: int
    need: int


@dataclass(frozen=True, slots=True)
class Scored:
    """A calibrated score; `score` 1.0 is the threshold, which stood at `threshold` (-log10 p)."""

    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class NotInOrder:
    """A late or duplicate reading: seen, counted, never scored."""

    stage: Stage


Outcome = WarmingUp | Calibrating | Scored | NotInOrder
