"""Law: every reading that enters the engine ends in exactly one stage, and says a number only where one exists."""

from collections import Counter

import numpy as np
from hypothesis import given

from detector.domain import Calibrating, NotInOrder, Reading, Scored, Stage, WarmingUp
from tests.fleet import engine, reports
from tests.laws.streams import fleets


@given(fleets())
def test_readings_in_equal_readings_out(stream: list[Reading]) -> None:
    """The reports hold every reading once, in the stream's order, each in one of the stages."""
    said = list(reports(engine(), stream))
    assert [reading for report in said for reading in report.readings] == stream
    stages = Counter(int(stage) for report in said for stage in report.stage)
    assert sum(stages.values()) == len(stream)
    assert set(stages) <= {int(stage) for stage in Stage}


@given(fleets())
def test_every_number_is_finite_where_one_exists(stream: list[Reading]) -> None:
    """Scores are finite and never negative, bounds enclose the forecast, and warm-up is a type, not a number."""
    for report in reports(engine(), stream):
        for row in range(len(report.readings)):
            outcome = report.outcome(row)
            if isinstance(outcome, Scored):
                assert np.isfinite(outcome.score)
                assert outcome.score >= 0.0
            assert isinstance(outcome, WarmingUp | Calibrating | Scored | NotInOrder)
        known = report.forecast_known
        assert np.isfinite(report.expected[known]).all()
        assert (report.lower[known] <= report.expected[known]).all()
        assert (report.expected[known] <= report.upper[known]).all()


@given(fleets())
def test_channels_beyond_the_maximum_are_refused_and_no_one_else_is_touched(stream: list[Reading]) -> None:
    """With room for one device of one channel, only the first channel of the first device gets through."""
    subject = engine(engine={"max_devices": 1, "max_channels": 1})
    for report in reports(subject, stream):
        for row, reading in enumerate(report.readings):
            refused = report.stage[row] in (Stage.REFUSED_DEVICE, Stage.REFUSED_CHANNEL)
            assert refused == ((reading.device, reading.channel) != (stream[0].device, stream[0].channel))
