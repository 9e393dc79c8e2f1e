"""Law: an episode opens before it changes or closes, closes once, and its severity only grows."""

from collections import defaultdict

from hypothesis import given

from detector.domain import AlertEvent, Reading, Severity, Transition
from tests.fleet import engine, events
from tests.laws.streams import fleets


@given(fleets())
def test_opened_updated_closed_in_that_order(stream: list[Reading]) -> None:
    """The events of one id are opened, then any number of updates, then at most one close."""
    episodes: dict[str, list[AlertEvent]] = defaultdict(list)
    for event in events(engine(sensors=[{"name": "fleet", "channels": {"temperature": {"range": [-10, 25]}}}]), stream):
        episodes[event.id].append(event)
    grades = list(Severity)
    for told in episodes.values():
        assert told[0].event is Transition.OPENED
        assert all(event.event is not Transition.OPENED for event in told[1:])
        assert all(event.event is not Transition.CLOSED for event in told[:-1])
        grown = [grades.index(event.severity) for event in told]
        assert grown == sorted(grown)
        assert len({(event.onset, event.kind, event.device, event.channel) for event in told}) == 1


@given(fleets())
def test_onset_is_never_later_than_the_reading_that_told_it(stream: list[Reading]) -> None:
    """Every event's onset is at or before its own moment, and its moments do not go back within one episode."""
    latest: dict[str, int] = {}
    for event in events(engine(), stream):
        assert event.onset <= event.at
        assert event.at >= latest.get(event.id, event.at)
        latest[event.id] = event.at
