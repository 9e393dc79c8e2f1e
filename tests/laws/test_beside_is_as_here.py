"""Law: whoever hands batches to an engine cannot tell, but by the time it takes, whether it is in this process or in one of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings

from detector.clock import WallTime
from detector.domain import Feedback, FeedbackKind, Reading, Transition
from detector.edge.forked import CAN_FORK
from detector.edge.snapshot import Around, read_snapshot, write_snapshot
from detector.edge.stepping import Beside, Here, Step, Stepper
from detector.engine import Engine
from detector.report import Batch, Census
from detector.stream.batch import Batcher
from tests.fleet import engine, rows
from tests.laws.remembering import copied, everything
from tests.laws.streams import fleets
from tests.laws.test_restored_goes_on_as_before import GROUPS, SITE
from tests.system.patience import wait_until

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")

MOST = 100


@contextmanager
def beside(subject: Engine) -> Iterator[Beside]:
    """Give an engine a process of its own, for a while."""
    stepper = Beside(subject, MOST)
    try:
        yield stepper
    finally:
        stepper.close()


def batches(stream: list[Reading], batcher: Batcher) -> Iterator[Batch]:
    """Yield a stream in pieces of different lengths, each with names of its own, and time that passes after it."""
    rest = iter(stream)
    for length in (1, 70, 3, 300, 100_000):
        yield from batcher.cut(list(islice(rest, length)))
        idle = batcher.idle(500.0)
        if idle is not None:
            yield idle


def told(steps: list[Step]) -> list[object]:
    """Return all that steps say, to the last bit."""
    return [(list(rows(step.report)), step.report.events, step.report.ticks, step.report.departed) for step in steps]


def said(stepper: Stepper, stream: list[Reading]) -> list[object]:
    """Return all that a stepper says of a stream."""
    steps = list[Step]()
    for batch in batches(stream, Batcher(MOST)):
        stepper.submit(batch)
        steps += stepper.finished(wait=len(batch.readings) % 2 == 0)
    return told([*steps, *stepper.finished(wait=True)])


def counted(stepper: Stepper) -> Census:
    """Return how the fleet stood when this was asked last, and ask again."""
    list(stepper.finished(wait=True))
    return stepper.census()


@settings(max_examples=15)
@given(fleets())
def test_reports_and_census_are_the_same(stream: list[Reading]) -> None:
    """Every row, alert and tick comes back in its place, bit for bit, and the census after them is the same."""
    here = Here(engine())
    with beside(engine()) as other:
        assert said(other, stream) == said(here, stream)
        census = here.census()
        wait_until(lambda: counted(other) == census, "the census came")
        standing = other.census().standing
        assert (standing.devices, standing.channels) == (census.standing.devices, census.standing.channels)
        assert standing.share.tobytes() == census.standing.share.tobytes()


def test_devices_that_are_let_go_are_told_of_alike() -> None:
    """Where devices make room for others at the turn of an hour, the reports name the same ones, and so does the census."""
    limits = {"max_devices": 3}
    here = Here(engine(sensors=GROUPS, engine=limits))
    with beside(engine(sensors=GROUPS, engine=limits)) as other:
        assert said(other, SITE) == said(here, SITE)
        wait_until(lambda: counted(other) == here.census(), "the census came")
        assert other.census().standing.devices == here.census().standing.devices


def test_feedback_holds_from_its_place_in_the_stream_on() -> None:
    """What is said of an alert while batches are under way counts for those after it and for none before it, as it does here."""
    cut = len(SITE) * 9 // 10
    probe = Here(engine(sensors=GROUPS))
    for batch in Batcher(MOST).cut(SITE[:cut]):
        probe.submit(batch)
    events = [event for step in probe.finished(wait=True) for event in step.report.events]
    alert = [event for event in events if event.event is Transition.OPENED and event.heights][-1]

    def with_feedback(stepper: Stepper, *, heard: bool = True) -> list[object]:
        batcher, steps = Batcher(MOST), list[Step]()
        for batch in batcher.cut(SITE[:cut]):
            stepper.submit(batch)
        heights = stepper.heights_of(alert)
        feedback = Feedback(alert.id, FeedbackKind.FALSE, alert.device, alert.channel, alert.at, heights)
        assert stepper.may_hear(feedback)
        if heard:
            stepper.hear(feedback)
        for batch in batcher.cut(SITE[cut:]):
            stepper.submit(batch)
        steps += stepper.finished(wait=True)
        return [heights, *told(steps)]

    with beside(engine(sensors=GROUPS)) as other:
        answered = with_feedback(other)
    assert answered == with_feedback(Here(engine(sensors=GROUPS)))
    with beside(engine(sensors=GROUPS)) as other:
        unheard = with_feedback(other, heard=False)
    assert unheard[0] == answered[0]
    assert unheard != answered


@pytest.mark.parametrize("at_once", [True, False])
def test_a_snapshot_holds_what_was_handed_over_before_it(tmp_path: Path, at_once: bool) -> None:
    """It is of the moment at which it was asked for: with every batch before it and none after it, whenever it is written."""
    cut = len(SITE) // 2
    straight = engine(sensors=GROUPS)
    for batch in Batcher(MOST).cut(SITE[:cut]):
        straight.step(batch)
    batcher = Batcher(MOST)
    with beside(engine(sensors=GROUPS)) as other:
        for batch in batcher.cut(SITE[:cut]):
            other.submit(batch)
        subject = other.subject(lambda: Around(7, WallTime(5.0), batcher.freeze(), ["view"]))
        if at_once:
            subject.at_once(partial(write_snapshot, tmp_path / "7"), lambda: None)
        else:
            copy = subject.aside(partial(write_snapshot, tmp_path / "7"))
            for batch in batcher.cut(SITE[cut:]):
                other.submit(batch)
            wait_until(lambda: copy.outcome() is not None, "the copy ended")
            assert copy.outcome() == ""
    found = read_snapshot(tmp_path / "7")
    assert (found.seq, found.taken_at, found.view) == (7, 5.0, ["view"])
    again = engine(sensors=GROUPS)
    assert again.restore(copied(found.engine)) == ()
    assert everything(again) == everything(straight)
