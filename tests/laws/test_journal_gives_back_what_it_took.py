"""Law: the journal gives back what it took, to the last bit, in order, however commits and restarts cut it."""

import struct
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.clock import SystemClock
from detector.domain import EventTime, Reading
from detector.edge.journal import Journal
from detector.settings import JournalSettings

ENTRIES = ("pumps", "meters")
NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=4)
TIMES = st.integers(-(2**62), 2**62).map(EventTime)
VALUES = st.floats(allow_nan=False, allow_infinity=False)
READINGS = st.builds(Reading, NAMES, NAMES, TIMES, VALUES, st.sampled_from([0, 1]))
STEPS = st.lists(
    st.one_of(
        st.lists(READINGS, max_size=4),
        st.lists(READINGS, min_size=1, max_size=4).map(lambda few: few * 40),  # more than are written together
        st.sampled_from(["commit", "restart", "crash"]),
    ),
    max_size=12,
)


def bits(value: float | None) -> bytes:
    """Return the bits of a value: -0.0 is not 0.0."""
    assert value is not None
    return struct.pack("<d", value)


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_what_was_committed_comes_back(steps: list[list[Reading] | str]) -> None:
    """After any appends, commits, restarts and crashes, what comes back is what was committed, numbered upwards."""
    kept: list[Reading] = []
    waiting: list[Reading] = []
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder), JournalSettings(), ENTRIES, SystemClock())
        for step in steps:
            if isinstance(step, list):
                journal.append(step)
                waiting += step
                continue
            if step == "crash":
                journal._waiting.clear()
            else:
                journal.commit()
                kept += waiting
            waiting = []
            if step != "commit":
                journal.close()
                journal = Journal(Path(folder), JournalSettings(), ENTRIES, SystemClock())
        found = list(journal.read(0))
        journal.close()
    numbers = [arrival.seq for arrival in found]
    assert numbers == sorted(set(numbers))
    assert [(one.device, one.channel, one.at, bits(one.value), one.entry) for one in found] == [
        (one.device, one.channel, one.at, bits(one.value), ENTRIES[one.entry]) for one in kept
    ]
