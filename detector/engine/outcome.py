"""What one step found out, and the report of it.

In: where readings went, what was expected, judged and decided. Out: a `Report` on all readings of the batch.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.decide import Decision
from detector.anomaly.organs import Judgement, Views
from detector.domain import AlertEvent, Stage
from detector.engine.stages import CALIBRATED, WARM_UP
from detector.forecast.forecaster import HeadForecast
from detector.report import Batch, Report
from detector.state.rows import Floats
from detector.stream.align import Placed


class Verdicts(NamedTuple):
    """All that was found out of the rows of one step."""

    placed: Placed
    forecast: HeadForecast
    judgement: Judgement
    decision: Decision
    behind_s: Floats
    """How long ago was what a row tells of; 0 where that is now."""


class Unlearnt(NamedTuple):
    """What a batch that was judged leaves to be learnt."""

    verdicts: Verdicts
    views: Views


class Departed(NamedTuple):
    """Who was let go before a step, for want of room."""

    channels: tuple[tuple[str, str], ...]
    """Device and channel."""
    events: tuple[AlertEvent, ...]
    """The ends of their episodes."""


NOBODY: Final = Departed((), ())

CALIBRATING, SCORED = int(Stage.CALIBRATING), int(Stage.SCORED)
"""Plain numbers, which numpy takes quicker than an enum."""


def report_of(batch: Batch, verdicts: Verdicts, events: tuple[AlertEvent, ...], departed: Departed) -> Report:
    """Spread what is known of the rows in order over all readings of the batch."""
    forecast, decision = verdicts.forecast, verdicts.decision
    seen, rows = forecast.steps_seen, verdicts.placed.in_order
    stage = verdicts.placed.stage.copy()
    warming, scored = seen < WARM_UP, seen >= CALIBRATED
    stage[rows[~warming]] = CALIBRATING
    stage[rows[scored]] = SCORED
    needed = np.where(warming, WARM_UP, CALIBRATED - WARM_UP)
    left = np.where(warming, WARM_UP, CALIBRATED) - seen
    whole = len(rows) == len(stage)

    def spread(column: NDArray[Any], dtype: type) -> NDArray[Any]:
        """Put a column of the rows in order in its place; where all are, it has it already."""
        if whole:
            return column.astype(dtype, copy=False)
        full: NDArray[Any] = np.zeros(len(stage), dtype)
        full[rows] = column
        return full

    return Report(
        readings=batch.readings,
        stage=stage,
        steps_left=spread(np.maximum(left, 0), np.int32),
        steps_needed=spread(needed, np.int32),
        forecast_known=spread(forecast.known, np.bool_),
        expected=spread(forecast.expected, np.float64),
        lower=spread(forecast.lower, np.float64),
        upper=spread(forecast.upper, np.float64),
        score=spread(decision.score, np.float64),
        threshold=spread(decision.threshold, np.float64),
        anomalous=spread(decision.anomalous, np.int8),
        events=departed.events + events,
        ticks=batch.ticks,
        departed=departed.channels,
    )
