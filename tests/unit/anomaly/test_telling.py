"""Telling: derived ids, verdicts, and onsets that are never in the future."""

from itertools import product

from detector.anomaly.telling import VERDICTS, Numbers, Turn, alert_id, tell
from detector.domain import EventTime, Kind, Severity, Transition, Verdict
from tests.fleet import START


def turn(transition: Transition = Transition.OPENED, *, at: int = START, onset: int = START, severity: int = 0) -> Turn:
    """Return a turn of one residual episode."""
    return Turn(transition, Kind.RESIDUAL, severity, "pump", "temperature", EventTime(at), EventTime(onset))


def test_an_id_is_what_it_always_was() -> None:
    """Ids are part of the contract with whoever stores them: the same episode has the same id in every version."""
    assert alert_id("pump-7", "temperature", START, Kind.RESIDUAL) == "2fb55da832e0eed1"
    assert alert_id("pump-7", None, START, Kind.SILENT) == "75b4fd69d11dc920"


def test_ids_differ_where_anything_differs() -> None:
    """Device, channel, onset and kind all count, and names cannot run into one another."""
    names = product(("a", "ab", ""), ("bc", "c", None), (START, EventTime(START + 1)), Kind)
    ids = [alert_id(device, channel, onset, kind) for device, channel, onset, kind in names]
    assert len(set(ids)) == len(ids)
    assert all(len(one) == 16 for one in ids)


def test_an_event_carries_its_turn_and_its_numbers() -> None:
    """Every field is filled from the turn and the numbers, the verdict from the kind."""
    event = tell(turn(severity=2), Numbers(1.5, 9.0, 5.0, 4.0, 6.0, "bar"))
    assert (event.severity, event.verdict, event.kind) == (Severity.CRITICAL, Verdict.PROCESS, Kind.RESIDUAL)
    assert (event.score, event.value, event.expected, event.lower, event.upper) == (1.5, 9.0, 5.0, 4.0, 6.0)
    assert (event.device, event.channel, event.unit, event.at, event.onset) == (
        "pump",
        "temperature",
        "bar",
        START,
        START,
    )
    assert event.summary == "pump temperature is 9 bar, expected 4 to 6 bar."


def test_every_kind_has_a_verdict() -> None:
    """No kind is nobody's fault."""
    assert set(VERDICTS) == set(Kind)
    assert set(VERDICTS.values()) == set(Verdict)


def test_an_onset_is_never_later_than_its_moment_and_the_id_stays() -> None:
    """A clock set back within an episode pulls the stated onset along, and leaves the episode its id."""
    opened = tell(turn(at=START + 10, onset=START + 10), Numbers(value=1.0, lower=0.0, upper=0.5))
    closed = tell(turn(Transition.CLOSED, at=START, onset=START + 10), Numbers())
    assert (opened.onset, closed.onset) == (START + 10, START)
    assert opened.id == closed.id
