"""Law: feedback is an input of the engine like any other: exact, in its place in the stream, and taken back without a trace."""

from functools import cache
from struct import unpack

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.domain import AlertEvent, Feedback, FeedbackKind, Height, Reading, Transition
from detector.stream.batch import Batcher
from tests.fleet import START, engine, events
from tests.laws.remembering import everything
from tests.laws.streams import fleets
from tests.laws.test_restored_goes_on_as_before import GROUPS, SITE, Running, Said, restored

ON_SITE = len(SITE) * 9 // 10
"""A place in the site's stream behind its alerts."""


def of(event: AlertEvent, kind: FeedbackKind) -> Feedback:
    """Return feedback on an alert."""
    return Feedback(event.id, kind, event.device, event.channel, event.at, event.heights)


@cache
def alerts() -> list[AlertEvent]:
    """Return what thresholds opened on the site before feedback is given."""
    opened = [one for one in events(engine(sensors=GROUPS), SITE[:ON_SITE]) if one.event is Transition.OPENED]
    return [one for one in opened if one.heights]


ALERTS = st.deferred(lambda: st.sampled_from(alerts()))
"""Any of them."""


def running(max_batch: int = 4096) -> Running:
    """Return an engine for the site."""
    return Running(engine(sensors=GROUPS), Batcher(max_batch))


def hear(subject: Running, *said: Feedback) -> Running:
    """Give feedback on alerts."""
    for one in said:
        subject.engine.hear(one)
    return subject


@given(fleets(), st.data(), st.sampled_from([FeedbackKind.FALSE, FeedbackKind.CONFIRMED]))
def test_taken_back_at_once_it_has_never_been(stream: list[Reading], data: st.DataObject, kind: FeedbackKind) -> None:
    """With feedback on any channel and its undoing, all rows, alerts and memories are the same, bit for bit, as without."""
    cut = data.draw(st.integers(0, len(stream)))
    of_device = data.draw(st.sampled_from(stream))
    one = Feedback("00ff", kind, of_device.device, of_device.channel, START, (Height("own", 1.5), Height("spike", 9.0)))
    plain, answered = (Running(engine(), Batcher(4096)) for _ in range(2))
    for subject in (plain, answered):
        subject.take(stream[:cut])
    hear(answered, one, Feedback("00ff", FeedbackKind.UNDONE, one.device, one.channel, START, one.heights))
    assert everything(answered) == everything(plain)
    assert answered.take(stream[cut:]) == plain.take(stream[cut:])


@given(fleets(), st.data())
def test_those_that_go_take_with_them_what_was_said_of_them(stream: list[Reading], data: st.DataObject) -> None:
    """With some devices gone, what was said of the others counts as before; it is of nobody else's channel."""
    subject = Running(engine(), Batcher(4096))
    subject.take(stream)
    frozen = subject.engine.freeze()
    for number, (device, channel) in enumerate(frozen.channels):
        one = Feedback(
            f"{number:016x}", FeedbackKind.FALSE, device, channel, START, (Height("own", 1.0 + number / 10),)
        )
        hear(subject, one)
    before = subject.engine.census().feedback
    stays = np.array(data.draw(st.lists(st.booleans(), min_size=len(frozen.devices), max_size=len(frozen.devices))))
    left = {device for device, here in zip(frozen.devices, stays.tolist(), strict=True) if here}
    subject.engine._go_on_without(~stays)
    assert subject.engine.census().feedback == tuple(one for one in before if one.device in left)
    for said in before:
        hear(
            subject, Feedback(said.alert, FeedbackKind.UNDONE, said.device, said.channel, START, (Height("own", 1.0),))
        )
    assert subject.engine.census().feedback == ()


def test_the_law_meets_alerts() -> None:
    """The site has alerts that thresholds opened, each by a source that was past its threshold, or the laws below say nothing."""
    assert len(alerts()) >= 2
    assert all(one.heights[0].strength >= 1.0 for one in alerts())


@settings(max_examples=6)
@given(st.lists(st.tuples(ALERTS, st.sampled_from(FeedbackKind)), max_size=6), st.integers(1, 50))
def test_any_cut_and_a_restart_change_nothing(said: list[tuple[AlertEvent, FeedbackKind]], max_batch: int) -> None:
    """Whatever was said, in batches of any size and with a restart behind it, all goes on to the last bit."""
    given_ = [of(event, kind) for event, kind in said]
    straight, pieces = running(), running(max_batch)
    assert straight.take(SITE[:ON_SITE]) == pieces.take(SITE[:ON_SITE])
    hear(straight, *given_)
    again = restored(hear(pieces, *given_), engine(sensors=GROUPS), max_batch)
    assert everything(again.engine) == everything(straight.engine)
    assert again.take(SITE[ON_SITE:]) == straight.take(SITE[ON_SITE:])
    assert everything(again.engine) == everything(straight.engine)


@settings(max_examples=6)
@given(ALERTS)
def test_a_false_alarm_never_makes_its_channel_stranger(event: AlertEvent) -> None:
    """Of its own channel nothing is stranger than without it, and of no other is the next reading told otherwise."""
    plain, answered = running(), running()
    for subject in (plain, answered):
        subject.take(SITE[:ON_SITE])
    hear(answered, of(event, FeedbackKind.FALSE))
    following = _next_of_each(SITE[ON_SITE:])
    before, after = _scores(plain.take(following)), _scores(answered.take(following))
    assert event.channel is not None
    own = (event.device, event.channel)
    assert after[own] <= before[own]
    assert {key: score for key, score in after.items() if key != own} == {
        key: score for key, score in before.items() if key != own
    }


def _next_of_each(stream: list[Reading]) -> list[Reading]:
    """Return the next reading of each channel, in order."""
    seen = dict[tuple[str, str], Reading]()
    for reading in stream:
        seen.setdefault((reading.device, reading.channel), reading)
    return list(seen.values())


def _scores(said: Said) -> dict[tuple[str, str], float]:
    """Return the score of each row, by device and channel."""
    return {(row[0].device, row[0].channel): unpack("d", row[6])[0] for row in said.rows}
