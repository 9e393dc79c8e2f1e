"""Law: wherever a process dies between finding an alert and telling people, they are told the same, and nothing confirmed again."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.domain import AlertEvent, Transition
from detector.notice import NoticeKey
from tests.unit.daemon.post import Post
from tests.unit.edge.readings import event

DEVICES = st.integers(0, 3)
STEPS = st.lists(st.tuples(st.sampled_from(["toggle", "pass", "pass", "confirm"]), DEVICES), max_size=15)
CRASHES = st.sets(st.tuples(st.integers(0, 14), st.sampled_from(["found", "committed", "heard", "told"])), max_size=6)
PAUSES_S = (40.0, 400.0, 40.0, 5000.0)

Step = tuple[str, int]


def story(steps: list[Step], crashes: set[tuple[int, str]]) -> tuple[dict[NoticeKey, str], bool]:
    """Return what was told, by key, and whether anything was offered again after its delivery was committed."""
    told: dict[NoticeKey, str] = {}
    confirmed: set[NoticeKey] = set()
    again = False
    opened: dict[int, AlertEvent] = {}
    with TemporaryDirectory() as folder:
        post, rest = Post(Path(folder)), list(enumerate(steps))
        left: list[AlertEvent] = []
        while True:
            with post.open() as phone:
                post.find(*left)
                left = []
                post.turn(0.0)
                died = False
                while rest and not died:
                    number, step = rest.pop(0)
                    left, died = take(post, step, number, opened, {at for n, at in crashes if n == number})
                    if step[0] == "confirm" and not died:
                        confirmed |= {notice.key for notice in phone.offered}
                        phone.confirm()
                        post.turn(0.0)
                    told |= {notice.key: notice.text for notice in phone.offered}
                if not died:
                    post.turn(5000.0)
                    phone.confirm_all(post.turn)  # what follows on a notice waits for its answer
                    told |= {notice.key: notice.text for notice in phone.offered}
                    return told, again
                offered_before = set(confirmed)
            with post.open() as phone:
                post.turn(0.0)
                again |= bool(offered_before & {notice.key for notice in phone.offered})
                told |= {notice.key: notice.text for notice in phone.offered}


def take(
    post: Post, step: Step, number: int, opened: dict[int, AlertEvent], crashes: set[str]
) -> tuple[list[AlertEvent], bool]:
    """Take one step; return events that are to be found again, and whether the process died on the way."""
    what, device = step
    found: list[AlertEvent] = []
    if what == "toggle":
        before = opened.pop(device, None)
        if before is None:
            opened[device] = replace(event(Transition.OPENED, number, f"d{device}"), id=f"{device}-{number}")
            found = [opened[device]]
        else:
            found = [replace(before, event=Transition.CLOSED, at=event(Transition.CLOSED, number).at)]
    post.bench.clock.passed_s += PAUSES_S[device] if what == "pass" else 0.0
    post.find(*found)
    if "found" in crashes:
        post.crash()
        return found, True
    if "committed" in crashes:
        post.commit()
        post.crash()
        return [], True
    if "heard" in crashes:
        post.herald.hear(post.commit())
        post.crash()
        return [], True
    post.turn(0.0)
    if "told" in crashes:
        post.crash()
        return [], True
    return [], False


@settings(deadline=None, max_examples=80)
@given(STEPS, CRASHES)
def test_told_as_if_nothing_had_happened(steps: list[Step], crashes: set[tuple[int, str]]) -> None:
    """The same notices, word by word, whether the process lived or died; and none again whose delivery was on disk."""
    undisturbed, _ = story(steps, set())
    told, again = story(steps, crashes)
    assert told == undisturbed
    assert not again
