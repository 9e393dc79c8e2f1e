"""Law: names that never come again neither fill the journal nor cost a name that is still in use."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.clock import SystemClock
from detector.domain import EventTime, Reading
from detector.edge.journal import Journal
from detector.settings import JournalSettings

SMALL = JournalSettings(max_size=2**16)
"""So small that channels are touched anew every 16 arrivals."""


@pytest.mark.parametrize("former", [False, True])
def test_ever_new_names_keep_the_journal_within_its_size(tmp_path: Path, former: bool) -> None:
    """After many more names than it has room for, the file is at most twice its limit; a restart changes nothing in that."""
    size = 2**24
    for blocks in [range(10), range(10, 30)] if former else [range(30)]:
        journal = Journal(tmp_path, JournalSettings(max_size=size), ["a"], SystemClock())
        for block in blocks:
            journal.append(
                [Reading("x" * 240 + f"{block}-{n}", f"{block}-{n}", EventTime(n), 1.0, 0) for n in range(2000)]
            )
            journal.commit()
        journal.close()
    assert (tmp_path / "journal.db").stat().st_size < 2 * size


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60), st.booleans()), min_size=1, max_size=30),
    st.integers(0, 60),
)
def test_every_arrival_keeps_its_name(groups: list[tuple[int, int, bool]], fresh: int) -> None:
    """Whatever is let go of beside them, arrivals that are on disk come back under the names that they came by."""
    sent = dict[int, str]()
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), SMALL, ["a"], SystemClock())
        for start, count, restart in groups:
            names = [f"{'x' * 200}{start + n if n % 3 else len(sent) + n - fresh}" for n in range(count)]
            sent |= enumerate(names, journal.seq + 1)
            journal.append([Reading(name, "c", EventTime(0), 1.0, 0) for name in names])
            journal.commit()
            kept = {arrival.seq: arrival.device for arrival in journal.read(0)}
            assert kept.items() <= sent.items()
            if restart:
                journal.close()
                journal = Journal(Path(folder), SMALL, ["a"], SystemClock())
        journal.close()


def test_a_journal_of_a_larger_size_keeps_its_names_under_a_smaller_one(tmp_path: Path) -> None:
    """A channel that a former process touched long before its last arrival is not let go of by the shorter measure of this one."""
    for settings, name, rounds in ((JournalSettings(max_size=2**24), "before", 400), (SMALL, "after", 9)):
        journal = Journal(tmp_path, settings, ["a"], SystemClock())
        for _ in range(rounds):
            journal.append([Reading(name, "c", EventTime(0), 1.0, 0)] * 10)
            journal.commit()
        assert {arrival.device for arrival in journal.read(0)} <= {"before", "after"}
        journal.close()
