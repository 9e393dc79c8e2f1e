"""Which alerts a machine is given, and what alerts have in common."""

import json
from dataclasses import replace

import pytest

from detector.domain import AlertEvent, Kind, Severity, Transition, Verdict
from detector.notices import Directory, Row, wants
from detector.notices.route import together
from detector.settings.receivers import ReceiverSettings
from tests.unit.edge.readings import event

ALERT = event(Transition.OPENED)
LABELS = (("channel", "temperature"), ("device", "pump-1"), ("sensors", "pumps"), ("site", "north"))


def receiver(**given: object) -> ReceiverSettings:
    """Return a receiver."""
    return ReceiverSettings.model_validate({"name": "r", "file": {"path": "x"}, **given})


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, True),
        ({"severity": "critical"}, False),
        ({"verdicts": ["sensor", "transport"]}, False),
        ({"verdicts": []}, False),
        ({"devices": "pump-?"}, True),
        ({"devices": "Pump-1"}, False),
        ({"labels": {"site": "n*", "sensors": "pumps"}}, True),
        ({"labels": {"site": "south"}}, False),
        ({"labels": {"line": "*"}}, False),
    ],
)
def test_a_receiver_is_there_for_some_alerts(given: dict[str, object], wanted: bool) -> None:
    """All that it asks for has to hold; a label that the device does not have is no match for any glob."""
    assert wants(receiver(**given), ALERT, LABELS) is wanted


def test_alerts_are_told_together_by_verdict_and_labels() -> None:
    """By default those of an entry; on the way here all of them, as one link may carry everything; or as `by` says."""
    link = replace(ALERT, verdict=Verdict.TRANSPORT)

    def common(one: AlertEvent, **given: object) -> set[str]:
        """Return what an alert has in common with others, on two sites and in two entries."""
        places = [dict(LABELS) | {"site": site, "sensors": entry} for site in "ab" for entry in "xy"]
        return {together(receiver(**given), one, tuple(place.items())) for place in places}

    assert [len(common(ALERT)), len(common(link)), len(common(ALERT, by=[])), len(common(link, by=["site"]))] == [
        2,
        1,
        1,
        2,
    ]
    assert common(ALERT, by=[]) != common(link, by=[])


def test_a_directory_knows_where_a_device_was_last_and_is_bounded() -> None:
    """The first to come is the first to go; an outage has the labels of its entry alone."""
    directory = Directory(2)
    directory.note("pump-1", "pumps", {"site": "a"})
    directory.note("pump-1", "pumps", {"site": "north"})
    assert directory.labels(ALERT) == LABELS
    assert directory.labels(replace(ALERT, kind=Kind.OUTAGE, device="pumps", channel=None)) == (("sensors", "pumps"),)
    directory.note("pump-2", "pumps", {"site": "north"})
    assert (directory.size({"site": "north"}), directory.size({"sensors": "meters"})) == (2, 0)
    directory.note("pump-3", "pumps", {})
    assert directory.labels(ALERT) == (("channel", "temperature"), ("device", "pump-1"))
    assert wants(receiver(), replace(ALERT, severity=Severity.CRITICAL), directory.labels(ALERT))


def test_a_directory_counts_those_who_have_all_of_some_labels() -> None:
    """Whoever moved, was forgotten, or came back from the disk is counted where it is now, and nowhere else."""
    directory = Directory(3)
    for device, site, line in (
        ("p1", "a", "1"),
        ("p2", "a", "1"),
        ("p3", "a", "2"),
        ("p4", "b", "1"),
        ("p2", "a", "2"),
    ):
        directory.note(device, "pumps", {"site": site, "line": line})  # p1 has to go for p4
    again = Directory(3)
    again.restore(Row(*json.loads(json.dumps(row))) for row in directory.table.rows())
    for found in (directory, again):
        sizes = {"a": 2, "b": 1, "c": 0}
        assert {site: found.size({"site": site}) for site in sizes} == sizes
        assert [found.size({"site": "a", "line": line}) for line in ("1", "2")] == [0, 2]
        assert (found.size({}), found.size({"sensors": "pumps", "line": "2"})) == (3, 2)
        assert all(found._having.values())
    fewer = Directory(2)
    fewer.restore(directory.table.rows())
    fewer.note("p5", "pumps", {})
    assert fewer.size({}) == 2
