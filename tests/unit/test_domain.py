"""The nouns: what their words are, because dashboards and scripts depend on them."""

import json
from dataclasses import asdict, astuple, replace

import pytest

from detector.domain import (
    AlertEvent,
    DropReason,
    Height,
    Kind,
    Reading,
    RejectReason,
    Severity,
    Stage,
    Transition,
    Verdict,
)
from tests.fleet import START
from tests.unit.edge.readings import event


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


def test_an_event_comes_back_from_what_json_makes_of_it() -> None:
    """By the order of its fields or by their names, words and heights are what they were."""
    told = replace(event(Transition.OPENED), heights=(Height("own", 1.5), Height("peers", 1.1)))
    assert AlertEvent.of(json.loads(json.dumps(astuple(told)))) == told
    assert AlertEvent.from_plain(json.loads(json.dumps(asdict(told)))) == told
    with pytest.raises(ValueError, match="shorter"):
        AlertEvent.of(astuple(told)[:-1])


def test_an_event_says_what_it_is_about_and_how_grave_it_is() -> None:
    """A channel of a device, or a device as a whole; a graver word has a higher rank."""
    told = event(Transition.OPENED)
    assert told.subject == "pump-1 temperature"
    assert replace(told, channel=None).subject == "pump-1"
    assert [severity.rank for severity in (Severity.INFO, Severity.WARNING, Severity.CRITICAL)] == [0, 1, 2]


def test_readings_are_values() -> None:
    """Two readings of the same are equal and hash alike."""
    assert Reading("a", "t", START, 1.0, 0) == Reading("a", "t", START, 1.0, 0)
    assert len({Reading("a", "t", START, 1.0, 0), Reading("a", "t", START, 1.0, 0)}) == 1
