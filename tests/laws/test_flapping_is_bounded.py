"""Law: whatever comes and goes, people are told of one channel at most three times within any hour."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.domain import HOUR_S, Severity, Verdict
from detector.notices.pace import MOST
from tests.unit.notices.evening import Evening

PAUSES = st.lists(st.one_of(st.floats(1.0, 1500.0), st.floats(100.0, 700.0)), min_size=1, max_size=60)
"""How long it stays as it is, over and over."""


@settings(deadline=None, max_examples=150)
@given(PAUSES, st.floats(1.0, 600.0), st.floats(1.0, 600.0), st.lists(st.booleans(), max_size=60), st.randoms())
def test_at_most_three_messages_an_hour(
    pauses: list[float], wait: float, keep: float, critical: list[bool], chance: Random
) -> None:
    """Of one severity at most three, whatever it looks like each time; where it is critical at times, that may be one more."""
    for severities, most in (([False] * 60, MOST), (critical, MOST + 1)):
        evening = Evening({"wait": wait, "keep_firing_for": keep})
        graver = iter([*severities, *[False] * 60])
        for pause in pauses:
            verdict = chance.choice([Verdict.PROCESS, Verdict.SENSOR])
            if evening.is_open(verdict=verdict):
                evening.close(verdict=verdict)
            else:
                evening.open(verdict=verdict, severity=Severity.CRITICAL if next(graver) else Severity.WARNING)
            evening.pass_by(pause, step=20.0)
        times = [notice.at for notice in evening.told]
        assert all(sum(at <= later < at + HOUR_S for later in times) <= most for at in times)


@settings(deadline=None, max_examples=60)
@given(PAUSES)
def test_calm_is_told_in_the_end(pauses: list[float]) -> None:
    """However it came and went: once it stays quiet, whoever heard that it began hears, once, that it is over; and not before."""
    evening = Evening()
    for pause in pauses:
        if evening.is_open():
            evening.close()
        else:
            evening.open()
        evening.pass_by(pause, step=20.0)
    if evening.is_open():
        evening.close()
    evening.pass_by(3 * HOUR_S, step=20.0)
    ends = [notice.thread for notice in evening.told if notice.reason == "resolved"]
    assert sorted(ends) == sorted({notice.thread for notice in evening.told})
    assert not evening.told or evening.told[-1].reason == "resolved"
