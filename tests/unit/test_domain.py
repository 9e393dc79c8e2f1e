"""The nouns: what their words are, because dashboards and scripts depend on them."""

import pytest

from detector.domain import DropReason, Kind, Reading, RejectReason, Severity, Stage, Transition, Verdict
from tests.fleet import START


def test_the_words_of_the_alert_contract() -> None:
    """Verdicts, kinds, severities and transitions are published as these words."""
    assert [*Verdict] == ["process", "sensor", "transport"]
    learnt = ["residual", "level_shift", "drift", "noise", "spike", "peers"]
    assert [*Kind] == [*learnt, "stuck", "clipping", "range", "silent", "outage"]
    assert [*Severity] == ["info", "warning", "critical"]
    assert [*Transition] == ["opened", "updated", "closed"]


@pytest.mark.parametrize("reasons", [RejectReason, DropReason])
def test_reasons_are_metric_labels(reasons: type[RejectReason] | type[DropReason]) -> None:
    """Every reason is its own name in lower case."""
    assert [reason.value for reason in reasons] == [reason.name.lower() for reason in reasons]


def test_stages_keep_their_codes() -> None:
    """Reports hold stages as small numbers, in the order in which a channel grows up."""
    assert [stage.value for stage in Stage] == list(range(7))
    assert Stage.WARMING_UP < Stage.CALIBRATING < Stage.SCORED < Stage.LATE


def test_readings_are_values() -> None:
    """Two readings of the same are equal and hash alike."""
    assert Reading("a", "t", START, 1.0, 0) == Reading("a", "t", START, 1.0, 0)
    assert len({Reading("a", "t", START, 1.0, 0), Reading("a", "t", START, 1.0, 0)}) == 1
