"""Law: every alert that was committed is delivered, and none is offered again once its delivery was committed."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.edge.sinks.office import Desk, Office

NUMBERS = st.lists(st.integers(0, 9), min_size=1, max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["find", "find and crash", "confirm", "refuse", "confirm and crash"]), NUMBERS),
        st.tuples(st.sampled_from(["turn", "restart", "crash"]), st.just([])),
    ),
    max_size=20,
)


def run(office: Office, desk: Desk, step: str, numbers: list[int], found: list[int], done: set[int]) -> None:
    """Take one step; note what was told as found, and whose delivery was committed."""
    answered = [one for one in dict.fromkeys(numbers) if one in desk.offered and one not in done]
    if step.startswith("confirm"):
        desk.confirm(*answered)
        office.courier.take_answers()
        if step == "confirm":
            office.journal.commit()
            done.update(answered)
    elif step == "refuse":
        desk.refuse(*answered)
    elif step == "turn":
        office.turn(600.0)
    elif step == "find":
        found += office.find(*numbers)
    elif step == "find and crash":
        office.append(*numbers)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_at_least_once_and_not_twice(steps: list[tuple[str, list[int]]]) -> None:
    """Whatever is found, found again, refused and confirmed, and wherever processes die in between."""
    found: list[int] = []
    done: set[int] = set()
    with TemporaryDirectory() as folder:
        office = Office(Path(folder))
        rest = list(steps)
        while True:
            with office.open() as desk:
                before = set(done)
                while rest:
                    step, numbers = rest.pop(0)
                    run(office, desk, step, numbers, found, done)
                    if step.endswith("crash"):
                        office.crash()
                    if step.endswith(("crash", "restart")):
                        break
                else:
                    office.turn(600.0)
                    assert set(desk.offered) | done >= set(found)
                    assert not before & set(desk.offered)
                    break
                assert not before & set(desk.offered)
    assert len(found) == len(set(found))
