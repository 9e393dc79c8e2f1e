"""Laws: what lasts is told as opened and as resolved, once each; a desk brought back from its rows goes on as if nothing had happened."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.domain import Severity, Verdict
from detector.notice import Notice, NoticeReason
from tests.unit.notices.evening import HOUR, MINUTE, Disk, Evening

DEVICES = ("pump-1", "pump-2", "pump-3", "valve-1")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["turn", "turn", "turn", "worsen", "acknowledge", "maintain", "end"]),
        st.sampled_from(DEVICES),
        st.sampled_from([Verdict.PROCESS, Verdict.SENSOR]),
        st.sampled_from([1.0, 20.0, 200.0, 1000.0, 5 * HOUR]),
    ),
    max_size=25,
)
Step = tuple[str, str, Verdict, float]
RECEIVERS = (
    {"name": "day", "quiet": ["23:00-06:00"]},
    {"name": "pumps", "devices": "pump-*", "severity": "critical", "minimum_duration": "1m"},
    {"name": "all", "by": [], "wait": "1s", "keep_firing_for": "1s"},
)


def take(evening: Evening, step: Step) -> None:
    """Take one step, and let time go on."""
    what, device, verdict, pause = step
    is_open = evening.is_open(device, verdict=verdict)
    if what == "turn" and is_open:
        evening.close(device, verdict=verdict)
    elif what == "turn":
        evening.open(device, verdict=verdict)
    elif what == "worsen" and is_open:
        evening.worsen(device, verdict=verdict)
    elif what == "acknowledge":
        for alert in evening.desk.open_alerts():
            if alert.event.device == device:
                evening.desk.acknowledge(alert.event.id, "ann")
    elif what == "maintain":
        evening.desk.maintain(f"{device}*", evening.now + 10 * pause)
    elif what == "end":
        evening.desk.end_maintenance(f"{device}*", evening.now)
    evening.pass_by(pause, step=max(20.0, pause / 100))


@settings(deadline=None, max_examples=100)
@given(STEPS, st.data())
def test_a_desk_brought_back_goes_on_as_before(steps: list[Step], data: st.DataObject) -> None:
    """Wherever it is cut, in whatever order its rows come back: the same notices, to the letter."""
    whole, cut = Evening(*RECEIVERS), Evening(*RECEIVERS)
    disk = Disk()
    for step in steps:
        take(whole, step)
        take(cut, step)
        disk.write(cut.desk)
        if data.draw(st.booleans()):
            cut.restart(disk.rows)
    for evening in (whole, cut):
        evening.pass_by(26 * HOUR, step=10 * MINUTE)
    assert cut.told == whole.told


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.floats(0.0, 4000.0), st.floats(400.0, 4000.0), st.sampled_from(Severity)), min_size=1, max_size=12
    )
)
def test_what_lasts_is_told_as_opened_and_as_resolved(lives: list[tuple[float, float, Severity]]) -> None:
    """Alerts of different devices, wherever they overlap: each is in one trouble, is told while it lasts, and ends with it."""
    evening = Evening({"severity": "info"})
    turns = sorted(
        [(begin, 1, n) for n, (begin, _, _) in enumerate(lives)]
        + [(begin + lasted, 0, n) for n, (begin, lasted, _) in enumerate(lives)]
    )
    start = evening.now
    for at, opens, n in turns:
        evening.pass_by(start + at - evening.now, step=20.0)
        if opens:
            evening.open(f"d{n}", severity=lives[n][2])
        else:
            evening.close(f"d{n}")
    evening.pass_by(HOUR, step=20.0)
    mentions: dict[str, list[Notice]] = {f"d{n}": [] for n in range(len(lives))}
    for notice in evening.told:
        for event in notice.alerts:
            mentions[event.device].append(notice)
    for told in mentions.values():
        assert len({notice.thread for notice in told}) == 1
        assert told[0].reason in {NoticeReason.OPENED, NoticeReason.GREW}
        assert Counter(notice.reason for notice in told)[NoticeReason.RESOLVED] == 1
        assert told[-1].reason is NoticeReason.RESOLVED
    assert len({notice.key for notice in evening.told}) == len(evening.told)
