"""What people read."""

from detector.domain import Kind, Severity, Verdict
from tests.unit.notices.evening import HOUR, MINUTE, Evening


def test_one_alert_is_told_in_plain_sentences() -> None:
    """What, where, since when, expected against seen, how sure, what it looks like."""
    evening = Evening(time_zone="Europe/Berlin")
    evening.desk.directory.note("pump-1", "pumps", {"site": "north", "line": "3"})
    evening.open()
    (notice,) = evening.pass_by(MINUTE)
    assert notice.title == "pump-1 flow: warning"
    assert notice.text == (
        "pump-1 flow is 30 l/s, expected 19 to 21 l/s. Since 23:13 CET, at line 3, site north."
        " It is well over what counts as usual here (score 1.5, threshold 1). It looks like the plant itself, not like its sensor."
    )


def test_repeats_and_ends_say_how_long() -> None:
    """With the day, where that is not today's."""
    evening = Evening()
    evening.open()
    evening.pass_by(5 * HOUR, step=MINUTE)
    assert evening.told[1].title == "pump-1 flow: still warning"
    assert evening.told[1].text.startswith("Still so after 4 h 1 min: pump-1 flow is 30 l/s")
    assert "Since Tue 14 Nov 22:13 UTC." in evening.told[1].text
    evening.close()
    (notice,) = evening.pass_by(5 * MINUTE)
    assert notice.title == "pump-1 flow: resolved"
    assert notice.text == "pump-1 flow is back to normal. It began at Tue 14 Nov 22:13 UTC."


def test_many_silent_devices_are_told_by_what_they_share() -> None:
    """Some of those that are there, a few by name, and how many more."""
    evening = Evening()
    for number in range(430):
        evening.desk.directory.note(f"pump-{number:03}", "pumps", {"gateway": "G-3", "slot": str(number)})
    for number in range(412):
        evening.open(f"pump-{number:03}", None, Verdict.TRANSPORT, kind=Kind.SILENT)
    (notice,) = evening.pass_by(MINUTE)
    assert notice.title == "412 of 430 devices of pumps, gateway G-3 silent: warning"
    assert notice.text == (
        "412 of 430 devices of pumps, gateway G-3 have been silent since 22:13 UTC: pump-000, pump-001, pump-002 and 409 more."
        " It looks like power, the network or a gateway; nothing is known of the plant meanwhile."
    )
    assert (notice.count, len(notice.alerts)) == (412, 100)
    assert dict(notice.labels) == {"gateway": "G-3", "sensors": "pumps"}


def test_several_alerts_are_told_by_the_gravest() -> None:
    """How many on how many devices, a few by name, and what is wrong at the worst of them."""
    evening = Evening()
    evening.open("pump-1", "flow")
    evening.open("pump-1", "pressure")
    evening.open("pump-2", "flow", severity=Severity.CRITICAL)
    (notice,) = evening.pass_by(0.0)
    assert notice.title == "3 alerts on 2 devices: critical"
    assert "since 22:13 UTC: pump-2 flow, pump-1 flow, pump-1 pressure." in notice.text
    assert "The gravest: pump-2 flow is 30 l/s, expected 19 to 21 l/s." in notice.text
    evening.open("pump-3", "flow")
    (more,) = evening.pass_by(6 * MINUTE)
    assert more.text.startswith("1 more has joined. 4 alerts on 3 devices have been strange since")


def test_an_outage_is_told_as_it_is() -> None:
    """The one alert that stands for most of an entry is a trouble of the link."""
    evening = Evening()
    evening.open("pumps", None, Verdict.TRANSPORT, kind=Kind.OUTAGE)
    (notice,) = evening.pass_by(MINUTE)
    assert dict(notice.labels) == {"sensors": "pumps"}
    assert notice.text.endswith("nothing is known of the plant meanwhile.")
