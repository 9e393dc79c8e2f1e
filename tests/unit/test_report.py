"""Reports: what became of each reading, as types."""

import numpy as np
import pytest

from detector.domain import Calibrating, NotInOrder, Outcome, Scored, Stage, WarmingUp
from detector.readings import Readings
from detector.report import Progress, Report, Standing


def report(stage: Stage, *, left: int = 0, needed: int = 0) -> Report:
    """Return the report of one reading."""
    zero, one = np.zeros(1), np.ones(1)
    steps = np.array([left], np.int32), np.array([needed], np.int32)
    known = np.ones(1, np.bool_)
    return Report(
        Readings.of(()),
        np.array([stage], np.int8),
        *steps,
        known,
        zero,
        zero,
        zero,
        one * 1.5,
        one * 4.0,
        np.zeros(1, np.int8),
        (),
        (),
    )


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        (Stage.WARMING_UP, WarmingUp(10)),
        (Stage.CALIBRATING, Calibrating(38, 48)),
        (Stage.SCORED, Scored(1.5, 4.0)),
        (Stage.LATE, NotInOrder(Stage.LATE)),
        (Stage.DUPLICATE, NotInOrder(Stage.DUPLICATE)),
        (Stage.REFUSED_DEVICE, NotInOrder(Stage.REFUSED_DEVICE)),
        (Stage.REFUSED_CHANNEL, NotInOrder(Stage.REFUSED_CHANNEL)),
    ],
)
def test_an_outcome_has_a_number_only_where_there_is_one(stage: Stage, outcome: Outcome) -> None:
    """Every stage has its type, and a score stands in the scored one alone."""
    assert report(stage, left=10, needed=48).outcome(0) == outcome


def test_counting_stages() -> None:
    """Readings are counted by the stages asked for, and none by none."""
    said = report(Stage.LATE)
    assert (said.count(Stage.LATE, Stage.DUPLICATE), said.count(Stage.SCORED), said.count()) == (1, 0, 0)


def test_a_standing_has_numbers_only_where_they_are_known() -> None:
    """A device whose time is infinite has none; a channel without a known skill is left out."""
    channels = (("a", "x"), ("b", "x"))
    shares, lefts, skills = np.array([0.1, 0.7]), np.array([np.inf, 60.0]), np.array([0.3, 0.0])
    standing = Standing(("a", "b"), shares, lefts, channels, skills, np.array([True, False]))
    assert standing.progress() == {"a": Progress(0.1, None), "b": Progress(0.7, 60.0)}
    assert standing.skills() == {("a", "x"): 0.3}
