"""One gateway that fails is one alert, not one for each device behind it; one device that fails is still told."""

from collections.abc import Collection

import pytest

from detector.domain import AlertEvent, Reading, Severity, Transition, Verdict
from tests.fleet import engine, events, merged, readings

OPENED, CLOSED = Transition.OPENED, Transition.CLOSED
HOUR_S = 3600.0


def fleet(
    away: Collection[int], back: Collection[int], count: int = 10, laggards: Collection[int] = ()
) -> list[Reading]:
    """Return an hour of ten-second readings of pumps; then some are away for twenty minutes, of which some come back.

    Laggards leave five minutes after the others. A meter of another kind is there all the time.
    """
    streams = [[one._replace(entry=1) for one in readings("meter", [1.0] * 600)]]
    for number in range(count):
        early = readings(f"pump-{number}", [1.0] * (390 if number in laggards else 360))
        begin = HOUR_S + (1200.0 if number in away else 0.0)
        late = readings(f"pump-{number}", [1.0] * round((6000.0 - begin) / 10), start_s=begin)
        streams.append(early + (late if number not in away or number in back else []))
    return merged(*streams)


def told(stream: list[Reading], max_batch: int = 4096) -> list[AlertEvent]:
    """Return what is said of the links."""
    subject = engine(sensors=[{"name": "pumps"}, {"name": "meters"}])
    found = events(subject, stream, max_batch=max_batch)
    return [event for event in found if event.verdict is Verdict.TRANSPORT]


def test_a_gateway_that_fails_is_one_alert() -> None:
    """All pumps fall silent and come back: one event opens, one closes, with the count in words, of the entry as a whole."""
    opened, closed = told(fleet(range(10), range(10)))
    assert [(one.event, one.device, one.channel, one.kind.value) for one in (opened, closed)] == [
        (OPENED, "pumps", None, "outage"),
        (CLOSED, "pumps", None, "outage"),
    ]
    assert opened.severity is Severity.CRITICAL
    assert opened.summary.startswith("10 of 10 devices of pumps have been silent for ")
    assert closed.id == opened.id
    assert closed.onset == opened.onset


def test_most_devices_are_enough_and_one_that_stays_away_is_told_after() -> None:
    """Seven of ten fall silent, six come back: the outage is told, and after its end the seventh on its own account."""
    found = told(fleet(range(7), range(6)))
    assert [(one.event, one.device) for one in found] == [
        (OPENED, "pumps"),
        (CLOSED, "pumps"),
        (OPENED, "pump-6"),
        (Transition.UPDATED, "pump-6"),
    ]
    assert found[0].summary.startswith("7 of 10 devices of pumps")


def test_an_outage_keeps_its_onset_when_more_devices_join_it() -> None:
    """The event that closes it has the id and the onset of the one that opened it."""
    opened, closed = told(fleet(range(10), range(10), laggards=[0]))
    assert (opened.event, closed.event, closed.id, closed.onset) == (OPENED, CLOSED, opened.id, opened.onset)


def test_single_devices_are_told_as_ever() -> None:
    """Three of ten are three devices."""
    found = told(fleet(range(3), range(3)))
    assert sorted((one.event, one.device) for one in found) == sorted(
        (event, f"pump-{number}") for number in range(3) for event in (OPENED, Transition.UPDATED, CLOSED)
    )


def test_a_handful_is_told_one_by_one() -> None:
    """Of four devices that fall silent each is told: so few have no need of a summary."""
    found = told(fleet(range(4), range(4), count=4))
    assert {one.device for one in found} == {f"pump-{number}" for number in range(4)}


@pytest.mark.parametrize("max_batch", [1, 7])
def test_outages_are_told_alike_however_the_stream_is_cut(max_batch: int) -> None:
    """They are judged at ticks, which stand in the stream."""
    stream = fleet(range(7), range(6))
    assert told(stream, max_batch) == told(stream)
