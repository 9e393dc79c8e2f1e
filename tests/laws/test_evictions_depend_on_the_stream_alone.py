"""Law: who is let go for want of room, and what is said of all others, depends on the stream alone, not on cuts and restarts."""

from itertools import pairwise
from typing import Any

import pytest

from detector.domain import AlertEvent, Reading, Transition
from detector.engine import Engine
from detector.stream.batch import Batcher
from tests.fleet import all_rows, engine, merged, noise, readings, reports, rows
from tests.laws.remembering import copied, everything

FULL: dict[str, Any] = {"engine": {"max_devices": 8}, "sensors": [{"name": "site", "silent_after": "2h"}]}
"""Room for eight devices."""

DAY_S, CADENCE_S = 86_400.0, 600.0


def site() -> list[Reading]:
    """Return three days: five devices stay, three are heard for hours, the last of them with a fault at its end; three knock later."""
    stay = [readings(f"stay-{n}", noise(n, 430), cadence_s=CADENCE_S, start_s=60.0 * n + 1.0) for n in range(5)]
    early = [readings(f"early-{n}", noise(20 + n, 30), cadence_s=500.0, start_s=100.0 * n) for n in range(2)]
    faulty = readings("early-2", [*noise(30, 100), *[90.0] * 4], cadence_s=500.0, start_s=300.0)
    knock = [
        readings(f"knock-{n}", noise(40 + n, 280), cadence_s=CADENCE_S, start_s=DAY_S + 7.0 + 60.0 * n)
        for n in range(3)
    ]
    return merged(*stay, *early, faulty, *knock)


SITE = site()


class Said:
    """What was said of a stream, in pieces and with restarts."""

    def __init__(self, restart_every: int) -> None:
        """Begin with an engine that knows nothing, and give its memory to another after so many pieces."""
        self.rows: list[tuple[Any, ...]] = []
        self.events: list[AlertEvent] = []
        self.departed: list[tuple[str, str]] = []
        self.evicted_at: list[int] = []
        self.running: tuple[Engine, Batcher] = engine(**FULL), Batcher(4096)
        self._every = restart_every

    def take(self, pieces: list[list[Reading]]) -> "Said":
        """Step through pieces of a stream."""
        for number, piece in enumerate(pieces, 1):
            subject, batcher = self.running
            for batch in batcher.cut(piece):
                report = subject.step(batch)
                if report.departed:
                    self.evicted_at.append(len(self.rows))
                self.rows += rows(report)
                self.events += report.events
                self.departed += report.departed
            if number % self._every == 0:
                again = engine(**FULL)
                assert again.restore(copied(subject.freeze())) == ()
                self.running = again, Batcher(4096, batcher.freeze())
        return self


@pytest.fixture(scope="module")
def straight() -> Said:
    """Return what is said of the stream in one piece."""
    return Said(2).take([SITE])


def test_the_law_meets_evictions(straight: Said) -> None:
    """The stream above lets devices go and takes others in, or the law would say nothing of it."""
    assert straight.departed == [(f"early-{n}", "temperature") for n in range(3)]
    assert {"knock-0", "knock-1", "knock-2"} <= set(straight.running[0].freeze().devices)


@pytest.mark.parametrize("size", [97, 800])
def test_cuts_and_restarts_change_no_eviction(straight: Said, size: int) -> None:
    """Rows, events, who left and all that is remembered are the same, bit for bit, however the stream is cut and how often restarted."""
    pieces = [SITE[begin : begin + size] for begin in range(0, len(SITE), size)]
    said = Said(3).take(pieces)
    assert (said.rows, said.events, said.departed) == (straight.rows, straight.events, straight.departed)
    assert everything(said.running) == everything(straight.running)


def test_a_restart_just_before_changes_no_eviction(straight: Said) -> None:
    """That somebody was refused is remembered over a restart between the refusal and the hour."""
    begins = [0, *straight.evicted_at, len(SITE)]
    said = Said(1).take([SITE[begin:end] for begin, end in pairwise(begins)])
    assert (said.rows, said.events, said.departed) == (straight.rows, straight.events, straight.departed)


def test_ids_are_those_of_one_episode_each(straight: Said) -> None:
    """Opening and closing alternate for every id, those included that ended because their device was let go."""
    turns: dict[str, list[Transition]] = {}
    for event in straight.events:
        turns.setdefault(event.id, []).append(event.event)
    assert all(turn.count(Transition.OPENED) == 1 and turn.count(Transition.CLOSED) <= 1 for turn in turns.values())
    assert sum(event.device.startswith("early") and event.event is Transition.CLOSED for event in straight.events) == 4


def test_those_that_stay_go_on_as_if_they_had_been_alone() -> None:
    """Among devices in entries of their own, the rows of those that stay are those of a stream without all others, bit for bit."""
    names = sorted({one.device for one in SITE})
    sections: dict[str, Any] = {"sensors": [{"name": name, "group": "none"} for name in names]}
    stream = [one._replace(entry=names.index(one.device)) for one in SITE]
    told = list(reports(engine(engine=FULL["engine"], **sections), stream))
    assert sum(bool(report.departed) for report in told) == 3
    found = [row for report in told for row in rows(report) if row[0].device.startswith("stay")]
    assert found == all_rows(engine(**sections), [one for one in stream if one.device.startswith("stay")])
