"""What people are told, and when: one trouble from its first alert to its end."""

from detector.domain import Severity, Verdict
from detector.notice import NoticeState
from detector.notices import Hushed
from tests.unit.notices.evening import HOUR, MINUTE, Evening, reasons


def test_an_alert_is_told_after_the_wait_and_again_when_it_is_over() -> None:
    """A warning is told when the wait is over, and as resolved when it has been quiet for long enough."""
    evening = Evening()
    evening.open()
    assert evening.pass_by(29.0) == []
    assert reasons(evening.pass_by(6.0)) == ["opened"]
    evening.pass_by(10 * MINUTE)
    evening.close()
    assert evening.pass_by(115.0) == []
    (notice,) = evening.pass_by(10.0)
    assert (notice.reason, notice.state, notice.number) == ("resolved", NoticeState.RESOLVED, 2)
    assert notice.thread == evening.told[0].thread
    assert evening.pass_by(5 * HOUR) == []


def test_a_critical_alert_does_not_wait() -> None:
    """It is told in the turn that hears of it."""
    evening = Evening()
    evening.open(severity=Severity.CRITICAL)
    assert reasons(evening.pass_by(0.0)) == ["opened"]


def test_what_ends_before_it_is_told_is_not_told() -> None:
    """An alert that closes within the wait, or before the minimum duration, is counted and not told, critical or not."""
    for receiver, severity in (({}, Severity.WARNING), ({"minimum_duration": "5m"}, Severity.CRITICAL)):
        evening = Evening(receiver)
        evening.open(severity=severity)
        evening.pass_by(20.0)
        evening.close()
        assert evening.pass_by(HOUR) == []
        assert +evening.desk.suppressed == {Hushed.TOO_SHORT: 1}


def test_an_alert_that_gets_worse_is_told_at_once() -> None:
    """A warning that becomes critical does not wait for the interval of its trouble."""
    evening = Evening()
    evening.open()
    evening.pass_by(40.0)
    evening.worsen()
    (notice,) = evening.pass_by(0.0)
    assert (notice.reason, notice.severity) == ("grew", Severity.CRITICAL)
    assert evening.pass_by(HOUR) == []


def test_alerts_that_open_together_are_one_trouble() -> None:
    """What opens within the wait is one notice, what joins later an update after the interval, and all of it ends in one."""
    evening = Evening()
    evening.open("pump-1")
    evening.open("pump-2")
    evening.pass_by(20.0)
    evening.open("pump-3")
    (first,) = evening.pass_by(20.0)
    evening.open("pump-4")
    assert evening.pass_by(4 * MINUTE) == []
    (second,) = evening.pass_by(2 * MINUTE)
    assert (first.count, second.count, second.reason) == (3, 4, "grew")
    for device in ("pump-1", "pump-2", "pump-3", "pump-4"):
        evening.close(device)
        evening.pass_by(30.0)
    (last,) = evening.pass_by(2 * MINUTE)
    assert (last.reason, last.count, last.thread) == ("resolved", 4, first.thread)


def test_alerts_far_apart_are_troubles_of_their_own() -> None:
    """What opens long after the last alert of a trouble is told on its own, and ends on its own."""
    evening = Evening()
    evening.open("pump-1")
    evening.pass_by(10 * MINUTE)
    evening.open("pump-2")
    evening.pass_by(MINUTE)
    evening.close("pump-2")
    evening.pass_by(3 * MINUTE)
    assert [(n.title, n.count) for n in evening.told] == [
        ("pump-1 flow: warning", 1),
        ("pump-2 flow: warning", 1),
        ("pump-2 flow: resolved", 1),
    ]


def test_what_belongs_together_is_said_by_labels() -> None:
    """Alerts are told together where the labels of `by` agree, and the notice has all the labels that they share."""
    evening = Evening({"by": ["gateway"]})
    for device, gateway in (("a", "g1"), ("b", "g2"), ("c", "g1")):
        evening.desk.directory.note(device, "pumps", {"gateway": gateway, "site": "x"})
        evening.open(device)
    notices = evening.pass_by(MINUTE)
    assert sorted((dict(n.labels)["gateway"], dict(n.labels)["site"], n.count) for n in notices) == [
        ("g1", "x", 2),
        ("g2", "x", 1),
    ]


def test_a_trouble_that_lasts_is_repeated() -> None:
    """It is told again every four hours, as long as it goes on."""
    evening = Evening()
    evening.open()
    evening.pass_by(9 * HOUR, step=MINUTE)
    assert reasons(evening.told) == ["opened", "repeated", "repeated"]
    evening.close()
    assert reasons(evening.pass_by(9 * HOUR, step=MINUTE)) == ["resolved"]


def test_what_was_acknowledged_is_not_repeated_until_it_clears() -> None:
    """No repeats of what somebody has seen; its end is told, and what comes next is told and repeated."""
    evening = Evening()
    alert = evening.open()
    evening.pass_by(MINUTE)
    assert evening.desk.acknowledge(alert, "ann")
    assert evening.pass_by(9 * HOUR, step=MINUTE) == []
    assert evening.desk.suppressed[Hushed.ACKNOWLEDGED] == 2
    evening.close()
    assert reasons(evening.pass_by(10 * MINUTE)) == ["resolved"]
    assert not evening.desk.acknowledge(alert, "ann")
    evening.pass_by(2 * HOUR, step=MINUTE)
    evening.open()
    assert reasons(evening.pass_by(5 * HOUR, step=MINUTE)) == ["opened", "repeated"]


def test_an_acknowledgement_can_be_taken_back() -> None:
    """It is repeated again, and taking back what was never given is refused."""
    evening = Evening()
    alert = evening.open()
    evening.pass_by(MINUTE)
    assert not evening.desk.unacknowledge(alert)
    evening.desk.acknowledge(alert, "ann")
    assert evening.desk.unacknowledge(alert)
    assert reasons(evening.pass_by(5 * HOUR, step=MINUTE)) == ["repeated"]


def test_an_acknowledgement_is_of_one_alert() -> None:
    """Others that are told together with it are repeated; whoever has seen it is known as long as it lasts."""
    evening = Evening()
    seen, other = evening.open("pump-1"), evening.open("pump-2")
    evening.pass_by(MINUTE)
    assert evening.desk.acknowledge(seen, "ann")
    assert [evening.desk.acknowledged_by(alert) for alert in (seen, other, "nothing")] == ["ann", None, None]
    assert reasons(evening.pass_by(5 * HOUR, step=MINUTE)) == ["repeated"]
    evening.close("pump-1")
    evening.turn()
    assert evening.desk.acknowledged_by(seen) is None


def test_maintenance_by_command_is_quiet_and_what_lasts_is_told_at_its_end() -> None:
    """Nothing of its devices is told meanwhile; what is still open then is, and what came and went is only counted."""
    evening = Evening()
    evening.desk.maintain("pump-*", evening.now + HOUR)
    evening.open("pump-1")
    evening.open("pump-2", severity=Severity.CRITICAL)
    evening.open("valve", verdict=Verdict.SENSOR)
    assert [n.alerts[0].device for n in evening.pass_by(30 * MINUTE)] == ["valve"]
    evening.close("pump-2")
    assert evening.pass_by(29 * MINUTE) == []
    (notice,) = evening.pass_by(2 * MINUTE)
    assert [event.device for event in notice.alerts] == ["pump-1"]
    assert evening.desk.suppressed[Hushed.MAINTENANCE] == 1


def test_maintenance_ends_when_somebody_says_so() -> None:
    """What lasts is told at once; what was not under maintenance cannot be ended."""
    evening = Evening()
    evening.desk.maintain("pump-*", evening.now + HOUR)
    evening.open()
    evening.pass_by(5 * MINUTE)
    assert not evening.desk.end_maintenance("pump-1", evening.now)
    assert evening.desk.end_maintenance("pump-*", evening.now)
    assert reasons(evening.pass_by(0.0)) == ["opened"]
    assert not evening.desk.end_maintenance("pump-*", evening.now)


def test_the_end_of_a_trouble_waits_for_the_end_of_maintenance() -> None:
    """People who know of a trouble hear of its end, and of its repetition, only after the maintenance."""
    evening = Evening()
    evening.open()
    evening.pass_by(MINUTE)
    evening.desk.maintain("*", evening.now + 5 * HOUR)
    assert evening.pass_by(4.5 * HOUR, step=MINUTE) == []
    evening.close()
    assert evening.pass_by(HOUR / 3, step=MINUTE) == []
    assert reasons(evening.pass_by(HOUR / 2, step=MINUTE)) == ["resolved"]


def test_maintenance_comes_again_every_week() -> None:
    """A window of the configuration holds in its hours, in local time, for its devices."""
    window = {"devices": "pump-*", "hours": ["tue 23:00-00:00", "wed 00:00-01:00"]}
    evening = Evening(maintenance=[window], time_zone="Europe/Berlin")  # 23:13 there
    evening.open()
    assert evening.pass_by(100 * MINUTE, step=15.0) == []
    assert reasons(evening.pass_by(7 * MINUTE)) == ["opened"]


def test_quiet_hours_end_with_one_digest() -> None:
    """What arises in quiet hours is told at their end, all in one, however different; what cleared meanwhile is not."""
    evening = Evening({"quiet": ["22:00-06:00"]})
    evening.open("pump-1")
    evening.pass_by(HOUR, step=MINUTE)
    evening.open("pump-2", verdict=Verdict.SENSOR)
    evening.open("gone")
    evening.pass_by(HOUR, step=MINUTE)
    evening.close("gone")
    assert evening.pass_by(5.7 * HOUR, step=MINUTE) == []
    (notice,) = evening.pass_by(5 * MINUTE)
    assert (notice.reason, {event.device for event in notice.alerts}) == ("opened", {"pump-1", "pump-2"})
    assert evening.desk.suppressed[Hushed.QUIET] == 1
    evening.close("pump-1")
    evening.close("pump-2", verdict=Verdict.SENSOR)
    assert reasons(evening.pass_by(5 * MINUTE)) == ["resolved"]


def test_critical_alerts_wake_people_up() -> None:
    """In quiet hours a critical alert is told at once, and one that becomes critical too; so is their end."""
    evening = Evening({"quiet": ["22:00-06:00"]})
    evening.open("pump-1")
    evening.open("pump-2", severity=Severity.CRITICAL)
    (first,) = evening.pass_by(MINUTE)
    evening.worsen("pump-1")
    (second,) = evening.pass_by(6 * MINUTE)
    assert [event.device for event in first.alerts] == ["pump-2"]
    assert {event.device for event in second.alerts} == {"pump-1", "pump-2"}
    evening.close("pump-1")
    evening.close("pump-2")
    assert reasons(evening.pass_by(HOUR)) == ["resolved"]


def test_each_receiver_hears_what_is_meant_for_it() -> None:
    """By severity, verdict, device and label; what is not grave enough is counted, and told once it has become so."""
    evening = Evening(
        {"severity": "critical"},
        {"verdicts": ["sensor"]},
        {"devices": "pump-*"},
        {"labels": {"site": "b*", "sensors": "pumps"}},
    )
    evening.desk.directory.note("pump-1", "pumps", {"site": "a"})
    evening.desk.directory.note("valve", "pumps", {"site": "bremen"})
    evening.open("pump-1")
    evening.open("valve", verdict=Verdict.SENSOR)
    assert sorted((n.receiver, n.title) for n in evening.pass_by(MINUTE)) == [
        ("r1", "valve flow: warning"),
        ("r2", "pump-1 flow: warning"),
        ("r3", "valve flow: warning"),
    ]
    assert evening.desk.suppressed[Hushed.SEVERITY] == 2
    evening.worsen("pump-1")
    assert sorted((n.receiver, n.reason.value) for n in evening.pass_by(0.0)) == [("r0", "opened"), ("r2", "grew")]


def test_a_receiver_that_is_gone_hears_nothing_and_others_go_on() -> None:
    """After another configuration the troubles of who is left go on as before, and who is new hears of what opens from then on."""
    evening = Evening({"name": "ann"}, {"name": "bob"})
    evening.open("pump-1")
    evening.pass_by(MINUTE)
    from_then = Evening({"name": "bob"}, {"name": "eve"}).settings
    evening.desk.configure(from_then)
    evening.close("pump-1")
    evening.open("pump-2", verdict=Verdict.SENSOR)
    told = evening.pass_by(5 * MINUTE)
    assert sorted((n.receiver, n.title) for n in told) == [
        ("bob", "pump-1 flow: resolved"),
        ("bob", "pump-2 flow: warning"),
        ("eve", "pump-2 flow: warning"),
    ]


def test_all_that_is_wrong_with_a_channel_is_one_matter() -> None:
    """A second alert on a channel that was told of is told where it is graver, and the trouble ends with the last of them."""
    evening = Evening()
    evening.open()
    evening.pass_by(MINUTE)
    evening.open(verdict=Verdict.SENSOR)
    assert evening.pass_by(10 * MINUTE) == []
    evening.worsen(verdict=Verdict.SENSOR)
    (graver,) = evening.pass_by(0.0)
    assert (graver.verdict, graver.severity, graver.count) == (Verdict.SENSOR, Severity.CRITICAL, 1)
    evening.close(verdict=Verdict.SENSOR)
    assert evening.pass_by(10 * MINUTE) == []
    evening.close()
    assert reasons(evening.pass_by(3 * MINUTE)) == ["resolved"]


def test_a_second_place_that_becomes_critical_is_told_unless_one_is_known_to_be() -> None:
    """While people know of a critical alert in a trouble, a second one is no news; once the first is over, it is."""
    evening = Evening()
    evening.open("pump-1")
    evening.open("pump-2")
    evening.open("pump-3")
    evening.pass_by(MINUTE)
    evening.worsen("pump-1")
    assert reasons(evening.pass_by(0.0)) == ["grew"]
    evening.worsen("pump-2")
    assert evening.pass_by(20 * MINUTE) == []
    evening.close("pump-1")
    evening.close("pump-2")
    evening.pass_by(MINUTE)
    evening.worsen("pump-3")
    assert reasons(evening.pass_by(0.0)) == ["grew"]


def test_a_clock_that_is_set_back_keeps_nobody_from_being_told() -> None:
    """A machine that woke up in the wrong year goes on as it would have when its clock is put right, also over a restart."""
    for restarts in (False, True):
        evening = Evening()
        evening.open("pump-1")
        evening.pass_by(MINUTE)
        evening.open("pump-2", verdict=Verdict.SENSOR)
        evening.pass_by(0.0)
        evening.now -= 365 * 24 * HOUR
        if restarts:
            evening.restart(list(evening.desk.rows()))
        assert [n.title for n in evening.pass_by(40.0)] == ["pump-2 flow: warning"]
        evening.close("pump-1")
        assert reasons(evening.pass_by(3 * MINUTE)) == ["resolved"]


def test_maintenance_lasts_as_long_as_was_said_though_the_clock_is_set_back() -> None:
    """Two hours, by a clock that was a year ahead, are two hours after it was put right, and not a year."""
    evening = Evening()
    evening.pass_by(0.0)
    evening.desk.maintain("pump-*", evening.now + 2 * HOUR)
    evening.now -= 365 * 24 * HOUR
    evening.open()
    assert evening.pass_by(HOUR, step=MINUTE) == []
    assert reasons(evening.pass_by(1.1 * HOUR, step=MINUTE)) == ["opened"]


def test_nothing_is_kept_of_what_is_over() -> None:
    """Devices that alert once and never again do not fill the memory of those who wait for more of the kind."""
    evening = Evening({"by": ["device"]})
    for number in range(20):
        evening.open(f"pump-{number}")
        evening.pass_by(MINUTE)
        evening.close(f"pump-{number}")
        evening.pass_by(10 * MINUTE)
    evening.pass_by(2 * HOUR, step=MINUTE)
    assert len(evening.told) == 40
    assert list(evening.desk.rows()) == []
    assert (evening.desk._agenda._gathering, evening.desk._agenda._due) == ({}, {})
