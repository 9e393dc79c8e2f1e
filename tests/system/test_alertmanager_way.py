"""Alertmanager is told of alerts again while they last and for a while when they are over, over restarts too."""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from detector.domain import AlertEvent, Severity, Transition
from detector.edge.sinks.alertmanager import AT_ONCE, Alertmanager
from detector.edge.sinks.keyring import Keyring
from detector.edge.sinks.porter import Porter
from detector.edge.sinks.sink import Answer
from detector.edge.sinks.surroundings import Surroundings, unknown
from detector.settings.transports import AlertmanagerSettings
from tests.system.going import going
from tests.system.patience import wait_until
from tests.system.receiving import Receiver, answer, cut, hang
from tests.unit.edge.journal.bench import Hand
from tests.unit.edge.readings import at
from tests.unit.edge.sinks.notices import ANNOTATIONS, LABELS, outage, turned

OPENED, UPDATED, CLOSED = Transition.OPENED, Transition.UPDATED, Transition.CLOSED
WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL

SELDOM = 3600.0
"""An interval that no test waits for."""


def way(
    *urls: str,
    clock: Hand | None = None,
    told: Iterable[AlertEvent] = (),
    lasting: Callable[[], Collection[str] | None] = unknown,
    **settings: Any,
) -> Alertmanager:
    """Return a way whose clock stands at the start of the story."""
    given = {"timeout": 5.0, "resend_every": SELDOM, **settings}
    around = Surroundings(Keyring(Path(), {}), clock or Hand(), lambda _: list(told), lasting=lasting)
    return Alertmanager("am", AlertmanagerSettings(urls=list(urls), **given), around)


def carry(gone: Alertmanager, *events: AlertEvent) -> list[Answer]:
    """Go the way once with events."""
    return list(gone.carry(events).answers)


def sink(gone: Alertmanager) -> AbstractContextManager[Porter[AlertEvent]]:
    """Return a sink that goes this way, for a block."""
    return going(Porter("prometheus", gone, AT_ONCE))


def test_an_alert_is_posted_in_the_shape_of_the_api() -> None:
    """One array; labels that identify, the configured ones beneath them; an end that is a few sendings ahead."""
    with Receiver() as server:
        gone = way(f"{server.url}/am/", resend_every=60.0, labels={"site": "north", "device": "not this"})
        assert carry(gone, turned(OPENED)) == [Answer(turned(OPENED).key)]
        came = server.came[0]
    assert came.path == "/am/api/v2/alerts"
    assert came.said == [
        {
            "labels": LABELS,
            "annotations": ANNOTATIONS,
            "startsAt": "2023-11-14T22:13:20Z",
            "endsAt": "2023-11-14T22:17:20Z",
        }
    ]


def test_what_lasts_is_sent_again_with_a_later_end() -> None:
    """Every sending moves the end of what fires, and of nothing that is over for long."""
    clock = Hand()
    with Receiver() as server:
        gone = way(server.url, clock=clock, resend_every=60.0)
        carry(gone, turned(OPENED), turned(OPENED, device="pump-2"))
        clock.passed_s = 60.0
        carry(gone, turned(CLOSED, seconds=60.0))
        for clock.passed_s in (120.0, 360.0, 361.0):
            carry(gone)
        ends = [{one["labels"]["device"]: one["endsAt"][11:19] for one in came.said} for came in server.came]
    assert ends == [
        {"pump-1": "22:17:20", "pump-2": "22:17:20"},
        {"pump-1": "22:14:20"},
        {"pump-1": "22:14:20", "pump-2": "22:19:20"},
        {"pump-1": "22:14:20", "pump-2": "22:23:20"},
        {"pump-2": "22:23:21"},  # five minutes after the end of pump-1's
    ]


def test_it_is_sent_again_by_itself() -> None:
    """Without any further event the sink goes on sending what lasts, and falls silent once nothing does."""
    clock = Hand()
    with Receiver() as server, sink(way(server.url, clock=clock, resend_every=0.02)) as porter:
        porter.offer(turned(OPENED))
        server.until(5)
        closed = turned(CLOSED)
        porter.offer(closed)
        wait_until(lambda: closed.key in [one.key for one in porter.answers()], "the end was posted")
        clock.passed_s = 301.0
        wait_until(lambda: porter._again_at is None, "nothing more to send")


def test_a_graver_alert_is_a_further_one_and_all_end_together() -> None:
    """The severity is a label, so that routes can use it; the lesser alert goes on beside it until the episode is over."""
    with Receiver() as server:
        gone = way(server.url)
        carry(gone, turned(OPENED))
        carry(gone, turned(UPDATED, CRITICAL))
        carry(gone)
        carry(gone, turned(CLOSED, CRITICAL))
        said = [sorted(one["labels"]["severity"] for one in came.said) for came in server.came]
        ended = {one["endsAt"] for one in server.came[-1].said}
    assert said == [["warning"], ["critical"], ["critical", "warning"], ["critical", "warning"]]
    assert ended == {"2023-11-14T22:13:20Z"}


def test_what_lasted_before_a_restart_is_sent_again() -> None:
    """A new process that is told what Alertmanager knows keeps it firing, and ends all of it."""
    with Receiver() as server:
        gone = way(server.url, told=[turned(OPENED), turned(UPDATED, CRITICAL)])
        assert gone.firing
        carry(gone)
        carry(gone, turned(CLOSED, CRITICAL))
        assert [len(came.said) for came in server.came] == [2, 2]


def test_what_nobody_watches_any_more_ends() -> None:
    """Once it is known which alerts last, those that do not have ended, though nobody said so; before that all go on."""
    ids: list[str] | None = None
    one, other = turned(OPENED), turned(OPENED, device="pump-2")
    with Receiver() as server:
        gone = way(server.url, told=[one, other], lasting=lambda: ids)
        carry(gone)
        ids = [other.id]
        carry(gone)
        ends = [sorted(alert["endsAt"] == "2023-11-14T22:13:20Z" for alert in came.said) for came in server.came]
        over = [alert["labels"]["device"] for alert in server.came[1].said if alert["endsAt"] == "2023-11-14T22:13:20Z"]
    assert ends == [[False, False], [False, True]]
    assert over == ["pump-1"]


def test_an_entry_that_fell_silent_has_an_alert_of_its_own() -> None:
    """What concerns a whole entry bears the entry's name and no device; numbers that nobody knows are left out."""
    with Receiver() as server:
        carry(way(server.url), outage())
        one = server.came[0].said[0]
    assert one["labels"] == {
        "alertname": "SensorsSilent",
        "sensors": "pumps",
        "kind": "outage",
        "severity": "warning",
        "verdict": "transport",
    }
    assert set(one["annotations"]) == {"summary", "description", "id"}


def test_a_clock_that_is_ahead_neither_delays_the_start_nor_the_end() -> None:
    """A device whose clock is an hour ahead fires now, and ends when that is learnt."""
    ahead = replace(turned(OPENED, seconds=3600.0), onset=at(3600.0))
    with Receiver() as server:
        gone = way(server.url)
        carry(gone, ahead)
        carry(gone, replace(ahead, event=CLOSED))
        first, last = (came.said[0] for came in server.came)
    assert first["startsAt"] == last["startsAt"] == last["endsAt"] == "2023-11-14T22:13:20Z"


def test_every_member_of_a_cluster_is_told_and_one_is_enough() -> None:
    """A member that fails does not fail the alert, as it is sent again; with all of them failing it is tried again."""
    with Receiver().then(answer(500)) as one, Receiver().then(answer(200), answer(503)) as other:
        gone = way(one.url, other.url)
        assert carry(gone, turned(OPENED))[0].fault is None
        carry(gone)
        assert len(one.came) == len(other.came) == 2
        one.then(answer(500))
        other.then(answer(503))
        said = carry(gone, turned(OPENED, device="pump-2"))[0]
    assert said.fault is not None
    assert not said.hopeless


def test_a_member_that_fails_is_tried_once_a_sending() -> None:
    """While another member takes alerts, one that did not answer is asked again at the next sending, and not for each post."""
    with Receiver().always(cut) as ill, Receiver() as well:
        gone = way(ill.url, well.url)
        for number in range(3):
            assert carry(gone, turned(OPENED, device=f"pump-{number}"))[0].fault is None
        assert (len(ill.came), len(well.came)) == (1, 3)
        carry(gone)
        assert (len(ill.came), len(well.came)) == (2, 4)


def test_one_alert_that_is_refused_does_not_take_others_with_it() -> None:
    """Of a batch that is refused as such each alert is posted alone, and answered for alone."""
    with Receiver().then(answer(400), answer(200), answer(400)) as server:
        said = carry(way(server.url), turned(OPENED), turned(OPENED, device="pump-2"))
    assert [(one.fault is None, one.hopeless) for one in said] == [(True, False), (False, True)]


def test_many_alerts_are_few_posts() -> None:
    """Two hundred alerts that wait go in posts of at most 64, and each is answered."""
    with Receiver() as server, sink(way(server.url)) as porter:
        events = [turned(OPENED, device=f"pump-{number}") for number in range(200)]
        server.then(hang)
        for event in events:
            porter.offer(event)
        server.until(1)
        server.over.set()
        said = list[Answer]()

        def all_answered() -> bool:
            said.extend(porter.answers())
            return len(said) == len(events)

        wait_until(all_answered, "every answer")
        sizes = [len(came.said) for came in server.came]
        sent = [one["labels"]["device"] for came in server.came for one in came.said]
    assert sum(sizes) == len(set(sent)) == 200
    assert max(sizes) <= AT_ONCE
    assert [one.key for one in said] == [event.key for event in events]


def test_no_alert_ends_before_it_starts() -> None:
    """A stored reading tells of the past: its alert starts then, and ends when we learnt of the end."""
    early = replace(turned(OPENED), onset=at(-100.0), at=at(-100.0))
    with Receiver() as server:
        gone = way(server.url)
        for event in (early, replace(early, event=CLOSED)):
            carry(gone, event)
        carry(gone)
        spans = [(one["startsAt"], one["endsAt"]) for came in server.came for one in came.said]
    assert all(start <= end for start, end in spans)
    assert all(one["startsAt"] == "2023-11-14T22:11:40Z" for came in server.came for one in came.said)
