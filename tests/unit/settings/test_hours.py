"""Hours of the week, and windows of maintenance."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from detector.settings.hours import Hours, in_zone
from detector.settings.maintenance import MaintenanceSettings
from detector.settings.outputs import AlertSettings

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    """Return a local time as Unix time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("hours", "within", "without"),
    [
        ("08:00-17:30", ["2026-11-25T08:00", "2026-11-28T17:29"], ["2026-11-25T07:59", "2026-11-25T17:30"]),
        ("22:00-06:00", ["2026-11-25T22:00", "2026-11-25T05:59"], ["2026-11-25T06:00", "2026-11-25T21:59"]),
        ("mon-fri 22:00-06:00", ["2026-11-28T05:00", "2026-11-27T23:00"], ["2026-11-28T23:00", "2026-11-30T05:00"]),
        ("sat,sun 00:00-24:00", ["2026-11-28T00:00", "2026-11-29T23:59"], ["2026-11-27T23:59", "2026-11-30T00:00"]),
        ("fri-mon 12:00-13:00", ["2026-11-27T12:30", "2026-11-30T12:30"], ["2026-11-26T12:30", "2026-12-01T12:30"]),
        ("02:30-04:00", ["2026-10-25T02:30", "2026-03-29T03:10"], ["2026-10-25T01:30", "2026-10-25T04:00"]),
    ],
)
def test_hours_hold_in_local_time(hours: str, within: list[str], without: list[str]) -> None:
    """Over midnight a stretch belongs to the day on which it begins; days wrap round the week; summer time or not."""
    parsed = Hours.parse(hours)
    assert all(parsed.hold(at(text), BERLIN) for text in within)
    assert not any(parsed.hold(at(text), BERLIN) for text in without)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22-06",
        "22:00",
        "25:00-26:00",
        "24:00-06:00",
        "10:00-24:30",
        "10:00-10:00",
        "Mon 10:00-11:00",
        "mon10:00-11:00",
        7,
        None,
    ],
)
def test_other_forms_are_refused(text: object) -> None:
    """What cannot be read is refused with an example."""
    with pytest.raises(ValueError, match="expected hours such as 22:00-06:00"):
        Hours.parse(text)


def test_a_time_zone_has_to_be_known() -> None:
    """A name that this machine has no zone for is refused; there is no way out of the folder of zones."""
    assert AlertSettings(time_zone="Europe/Berlin").time_zone == "Europe/Berlin"
    for name in ("Europe/Atlantis", "../../etc/passwd", ""):
        with pytest.raises(ValidationError, match="expected a time zone"):
            AlertSettings(time_zone=name)


def test_maintenance_has_an_end() -> None:
    """A window needs hours or an end, and begins before it ends, in one and the same kind of time."""
    moment, later = datetime.fromisoformat("2026-12-01T08:00"), datetime.fromisoformat("2026-12-01T09:00")
    MaintenanceSettings(end=later, start=moment)
    for wrong in (
        {},
        {"start": moment},
        {"start": later, "end": moment},
        {"start": moment, "end": later.replace(tzinfo=UTC)},
    ):
        with pytest.raises(ValidationError, match="expected"):
            MaintenanceSettings.model_validate(wrong)


def test_a_date_without_a_zone_is_local() -> None:
    """One with a zone is taken by that."""
    moment = datetime.fromisoformat("2026-12-01T08:00")
    assert in_zone(moment, BERLIN) == in_zone(moment.replace(tzinfo=UTC), BERLIN) - 3600.0


def test_receivers_have_names_of_their_own() -> None:
    """Two of one name are refused, and so is the broker's."""
    for names in (["a", "a"], ["mqtt"]):
        receivers = [{"name": name, "webhook": {"url": "http://x"}} for name in names]
        with pytest.raises(ValidationError, match="expected a name of its own for each receiver"):
            AlertSettings.model_validate({"receivers": receivers})
