"""What people are told of a channel that comes and goes."""

import pytest

from detector.domain import Kind, Severity, Verdict
from detector.notices import Hushed
from tests.unit.notices.evening import HOUR, MINUTE, Evening, reasons


def flap(evening: Evening, times: int, on: float, off: float) -> None:
    """Let an alert come and go."""
    for _ in range(times):
        evening.open()
        evening.pass_by(on)
        evening.close()
        evening.pass_by(off)


@pytest.mark.parametrize(
    ("on", "off", "told"),
    [
        (MINUTE, MINUTE, ["opened", "grew"]),  # back before its end could be told
        (6 * MINUTE, 6 * MINUTE, ["opened", "resolved", "opened"]),
    ],
)
def test_an_hour_of_it_is_at_most_three_messages(on: float, off: float, told: list[str]) -> None:
    """The last of them says how often it came and that nothing follows; when it has been calm for an hour, that is told."""
    evening = Evening()
    flap(evening, int(HOUR / (on + off)), on, off)
    assert reasons(evening.told) == told
    assert evening.told[-1].title == "pump-1 flow: comes and goes (warning)"
    assert "pump-1 flow keeps coming and going," in evening.told[-1].text
    assert "in the last hour; nothing more is said of it until it has been calm for an hour." in evening.told[-1].text
    assert evening.pass_by(HOUR - off - 10.0) == []
    assert reasons(evening.pass_by(MINUTE)) == ["resolved"]


def test_hours_of_it_are_no_more_messages() -> None:
    """A channel that comes and goes all night is told three times, and repeated like everything that lasts."""
    evening = Evening({"repeat_every": "24h"})
    flap(evening, 60, 6 * MINUTE, 6 * MINUTE)
    assert reasons(evening.told) == ["opened", "resolved", "opened"]
    assert evening.desk.suppressed[Hushed.FLAPPING] == 58


def test_good_news_leaves_room_for_bad() -> None:
    """Where two messages went out within the hour, the end waits, so that what comes back is told in time."""
    evening = Evening()
    flap(evening, 5, 6 * MINUTE, 6 * MINUTE)
    evening.pass_by(HOUR)
    assert reasons(evening.told)[-1] == "resolved"
    before = len(evening.told)
    flap(evening, 1, 6 * MINUTE, 6 * MINUTE)
    assert reasons(evening.told[before:]) == ["opened"]
    flap(evening, 3, 6 * MINUTE, 6 * MINUTE)
    assert reasons(evening.told[before:]) == ["opened", "grew"]


def test_what_becomes_critical_is_told_though_it_flaps() -> None:
    """Graver than all that was said within the hour is said at once, and then once."""
    evening = Evening()
    flap(evening, 3, 6 * MINUTE, 6 * MINUTE)
    before = len(evening.told)
    evening.open()
    evening.worsen()
    assert reasons(evening.pass_by(0.0)) == ["grew"]
    evening.close()
    evening.pass_by(5 * MINUTE)
    evening.open(severity=Severity.CRITICAL)
    evening.pass_by(5 * MINUTE)
    assert len(evening.told) == before + 1


def test_others_are_told_while_one_flaps() -> None:
    """A channel that comes and goes hides nobody else."""
    evening = Evening()
    flap(evening, 6, 2 * MINUTE, MINUTE)
    evening.open("pump-2")
    (notice,) = evening.pass_by(6 * MINUTE)
    assert [event.device for event in notice.alerts] == ["pump-2"]


def test_a_link_that_comes_and_goes_is_at_most_three_messages_however_many_devices_hang_on_it() -> None:
    """Hundreds of devices that fall silent and speak again together are one channel in this respect."""
    evening = Evening()
    for _ in range(5):
        for number in range(300):
            evening.open(f"pump-{number}", None, Verdict.TRANSPORT, kind=Kind.SILENT)
        evening.pass_by(6 * MINUTE)
        for number in range(300):
            evening.close(f"pump-{number}", None, Verdict.TRANSPORT)
        evening.pass_by(6 * MINUTE)
    assert reasons(evening.told) == ["opened", "resolved", "opened"]
    assert evening.told[-1].title == "300 devices silent: comes and goes (warning)"
