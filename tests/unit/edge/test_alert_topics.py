"""Topics and payloads of what we publish are those of the contract."""

from dataclasses import replace

import orjson
import pytest

from detector.domain import AlertEvent, EventTime, Kind, Severity, Stage, Transition, Verdict
from detector.edge.alert_topics import alert_json, alert_message, state_message, status_topic, topic_level
from detector.edge.channel_state import ChannelState

EVENT = AlertEvent(
    id="a1",
    event=Transition.OPENED,
    at=EventTime(1_078_012_879_000_000),
    onset=EventTime(1_078_012_870_500_000),
    device="pump-7",
    channel="temperature",
    verdict=Verdict.PROCESS,
    kind=Kind.LEVEL_SHIFT,
    severity=Severity.WARNING,
    score=1.5,
    value=81.2,
    expected=65.0,
    lower=62.0,
    upper=68.0,
    unit="°C",
    summary="pump-7 temperature 81.2 °C, expected 62 to 68 °C",
)


SCORED = ChannelState(
    device="pump-7",
    channel="temperature",
    entry=0,
    at=EventTime(60_000_000),
    value=81.2,
    stage=Stage.SCORED,
    steps_left=0,
    expected=65.0,
    lower=62.0,
    upper=68.0,
    score=1.5,
    anomalous=1,
    verdict=Verdict.SENSOR,
    since=EventTime(0),
)


def test_an_alert_has_the_fields_of_the_contract() -> None:
    """An alert's JSON has exactly the contract's fields, with times as ISO 8601 in UTC."""
    assert alert_json(EVENT) == {
        "id": "a1",
        "event": "opened",
        "at": "2004-02-29T00:01:19Z",
        "onset": "2004-02-29T00:01:10.500000Z",
        "device": "pump-7",
        "channel": "temperature",
        "verdict": "process",
        "kind": "level_shift",
        "severity": "warning",
        "score": 1.5,
        "value": 81.2,
        "expected": 65.0,
        "lower": 62.0,
        "upper": 68.0,
        "unit": "°C",
        "summary": "pump-7 temperature 81.2 °C, expected 62 to 68 °C",
    }


def test_an_alert_is_published_by_severity_and_device() -> None:
    """An alert goes out with QoS 1, not retained, on a topic that names severity and device."""
    publication = alert_message("detector", EVENT)
    assert (publication.topic, publication.qos, publication.retain) == ("detector/alerts/warning/pump-7", 1, False)
    assert orjson.loads(publication.payload) == alert_json(EVENT)


def test_what_an_alert_does_not_know_is_null() -> None:
    """Absent numbers, and numbers that JSON can't hold, are null; an alert of a whole device has no channel."""
    event = replace(EVENT, channel=None, score=None, value=float("nan"), upper=float("inf"))
    payload = orjson.loads(alert_message("detector", event).payload)
    assert [payload[name] for name in ("channel", "score", "value", "upper")] == [None] * 4


def test_a_scored_state_has_everything() -> None:
    """The state of a scored channel with an open episode has all fields of the contract, on a retained topic."""
    publication = state_message("site/detector", SCORED)
    assert publication.topic == "site/detector/devices/pump-7/temperature/state"
    assert publication.retain
    assert orjson.loads(publication.payload) == {
        "value": 81.2,
        "expected": 65.0,
        "lower": 62.0,
        "upper": 68.0,
        "score": 1.5,
        "anomalous": 1,
        "verdict": "sensor",
        "since": "1970-01-01T00:00:00Z",
    }


def test_what_a_state_does_not_know_is_null() -> None:
    """Numbers that are not known, limits without bound, and the verdict where nothing is open are null."""
    state = SCORED._replace(expected=None, lower=None, upper=float("inf"), score=None, anomalous=0, verdict=None)
    payload = orjson.loads(state_message("detector", state).payload)
    assert [payload[name] for name in ("expected", "lower", "upper", "score", "verdict")] == [None] * 5
    assert (payload["value"], payload["anomalous"]) == (81.2, 0)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("pump-7", "pump-7"),
        ("Kühler 3", "Kühler 3"),
        ("a/b+c#d", "a_b_c_d"),
        ("", "_"),
        ("$SYS", "_SYS"),
        ("US$", "US$"),
        ("a\x00b\nc\x7f", "a_b_c_"),
        ("\ud800", "_"),
        ("\uffff\ufdd0\U0010fffe", "___"),
    ],
)
def test_names_become_one_level_of_a_topic(name: str, level: str) -> None:
    """A name loses what a topic level can't hold: wildcards, slashes, control characters, what is no character, emptiness, `$` in front."""
    assert topic_level(name) == level


def test_the_status_stands_under_the_base() -> None:
    """Our own status is on `<base>/status`."""
    assert status_topic("site/detector") == "site/detector/status"
