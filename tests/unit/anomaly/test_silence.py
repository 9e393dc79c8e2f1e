"""The silence rule: a device that is quiet for longer than its own habit."""

import numpy as np

from detector.anomaly.silence import CRITICAL, HABIT_GAPS, SHORTEST_S, WARNING, SilenceRule, SilenceTurns
from detector.domain import EventTime
from detector.settings import SensorSettings
from detector.state.slots import Slot
from tests.fleet import START

TICK_S = 30.0
ONE = np.zeros(1, np.intp)


def moment(tick: float) -> EventTime:
    """Return the event time of a tick."""
    return EventTime(START + round(tick * TICK_S * 1e6))


def rule(silent_after: str | float = "auto") -> SilenceRule:
    """Return the rule for one device."""
    subject = SilenceRule()
    subject.block.grow(1)
    subject.configure(Slot(0), SensorSettings.model_validate({"name": "s", "silent_after": silent_after}))
    return subject


def tick(subject: SilenceRule, number: int, *, spoke: bool) -> str:
    """Let one tick pass, in which the device spoke or not; return the turns as letters."""
    if spoke:
        subject.hear(ONE, np.array([moment(number - 0.5)], np.int64))
    turns = subject.tick(moment(number), TICK_S)
    return _letters(turns)


def _letters(turns: SilenceTurns) -> str:
    """Return O, W or C for what turned."""
    return "O" * len(turns.opened) + "W" * len(turns.worsened) + "C" * len(turns.closed)


def story(subject: SilenceRule, spoken: str, start: int = 1) -> list[str]:
    """Return the turns of ticks in which the device spoke (x) or not (.)."""
    return [tick(subject, number, spoke=letter == "x") for number, letter in enumerate(spoken, start)]


def test_a_device_that_speaks_all_the_time_is_silent_after_its_habit() -> None:
    """Heard in every half minute, it is silent once six mean gaps have passed, and the onset is when it was last heard."""
    subject = rule()
    assert story(subject, "x" * 30 + "." * 7) == [""] * 36 + ["O"]
    assert subject.block.silent_since[0] == moment(29.5)


def test_a_device_without_a_habit_is_never_silent() -> None:
    """Fewer than twenty gaps say nothing of what is long."""
    assert set(story(rule(), "x" * (HABIT_GAPS - 1) + "." * 500)) == {""}


def test_a_device_that_speaks_seldom_may_be_quiet_for_long() -> None:
    """Heard every ten ticks, it is not silent at fifty but at seventy."""
    subject = rule()
    story(subject, ".........x" * 25)
    quiet = story(subject, "." * 70, start=251)
    assert set(quiet[:50]) == {""}
    assert "O" in quiet[50:]


def test_a_habit_is_believed_once_it_was_watched_for_far_longer_than_its_limit() -> None:
    """A device that speaks of changes, and was quiet for a hundred ticks before, may be so for five hundred on its first day."""
    subject = rule()
    story(subject, "x" * 10 + "." * 100 + "x" * 30)
    assert set(story(subject, "." * 500, start=141)) == {""}


def test_one_outage_is_not_the_habit() -> None:
    """After an hour of silence, a talkative device is silent again after minutes."""
    subject = rule()
    story(subject, "x" * 60 + "." * 120 + "x" * 60)
    assert "O" in story(subject, "." * 20, start=241)


def test_a_device_that_sleeps_every_night_is_silent_twice_at_most() -> None:
    """What happened before is a habit: from the third night on, nights are known for weeks."""
    turns = story(rule(), ("x" * 200 + "." * 100) * 40)
    assert sum("O" in turn for turn in turns) <= 2


def test_silence_opens_worsens_and_closes_once_each() -> None:
    """It opens at its limit, is critical at four limits, and closes when the device speaks, as critical as it was."""
    subject = rule(60.0)
    turns = story(subject, "x......" + "." * 20 + "xx")
    assert [(place, turn) for place, turn in enumerate(turns) if turn] == [(3, "O"), (9, "W"), (27, "C")]
    assert subject.block.severity[0] == CRITICAL


def test_a_new_silence_starts_as_a_warning() -> None:
    """What was critical last time does not make the next silence critical."""
    subject = rule(60.0)
    story(subject, "x" + "." * 20 + "x")
    assert story(subject, "...", start=23)[-1] == "O"
    assert subject.block.severity[0] == WARNING


def test_the_operator_says_when_silence_matters() -> None:
    """A stated limit needs no habit; `never` holds through any habit."""
    assert story(rule(120.0), "x" + "." * 5) == [""] * 5 + ["O"]
    assert set(story(rule("never"), "x" * 50 + "." * 500)) == {""}


def test_changing_the_operators_word_keeps_the_habit() -> None:
    """From never back to auto, the device is judged by what was learnt meanwhile."""
    subject = rule("never")
    story(subject, "x" * 50)
    subject.configure(Slot(0), SensorSettings(name="s"))
    assert "O" in story(subject, "." * 10, start=51)


def test_an_onset_is_never_later_than_the_tick_that_found_it() -> None:
    """A device whose clock runs ahead fell silent at the tick at the latest."""
    subject = rule(60.0)
    subject.hear(ONE, np.array([moment(1000)], np.int64))
    subject.tick(moment(1), TICK_S)
    assert story(subject, "...", start=2)[-1] == "O"
    assert subject.block.silent_since[0] == moment(4)


def test_no_habit_makes_a_device_silent_within_a_minute() -> None:
    """However short its gaps, the learnt limit is at least a minute."""
    subject = rule()
    for _ in range(50):
        subject.hear(ONE, np.array([START], np.int64))
        subject.tick(moment(0), 1.0)
    assert subject.limit_s().tolist() == [SHORTEST_S]


def test_a_device_may_stand_in_a_batch_more_than_once() -> None:
    """Two channels of one device speak for it together; the later time counts."""
    subject = rule()
    subject.hear(np.zeros(2, np.intp), np.array([moment(9), moment(5)], np.int64))
    assert subject.block.heard_at[0] == moment(9)


def test_no_devices_are_no_trouble() -> None:
    """A tick before the first device finds nobody silent."""
    assert _letters(SilenceRule().tick(moment(1), TICK_S)) == ""
