"""Law: whatever devices send, nothing raises from the inbox to the alerts, and every reading is accounted for.

The longer run is a command: `python -m tests.fuzz.million`.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.domain import DropReason, RejectReason
from tests.fuzz.journey import Journey
from tests.fuzz.million import run, table
from tests.fuzz.stream import fuzzed_messages

pytestmark = pytest.mark.usefixtures("quiet_log")


def test_a_stream_of_fuzzed_payloads_is_accounted_for() -> None:
    """Of 20,000 fuzzed payloads all are accounted for after every turn; many get to the engine, and every way to end is met."""
    journey = run(seed=1, payloads=20_000)
    counts = journey.ledger.snapshot()
    assert (counts.messages, counts.pending) == (20_000, 0)
    assert journey.gave_readings > counts.messages // 3
    assert min(counts.scored, counts.late, counts.duplicate, journey.events) > 0
    never = {reason for reason, number in counts.rejected.items() if number == 0}
    assert never <= {RejectReason.TOO_MANY_DEVICES}
    assert counts.dropped[DropReason.SHUTDOWN] == 0
    assert any(line.endswith("equal") for line in table(journey, counts))


def test_the_same_seed_sends_the_same() -> None:
    """A finding can be had again: the stream depends on its seed alone."""
    assert list(fuzzed_messages(7, 200)) == list(fuzzed_messages(7, 200))
    assert list(fuzzed_messages(7, 200)) != list(fuzzed_messages(8, 200))


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 60), turns=st.integers(1, 4))
def test_any_seed_is_accounted_for(seed: int, count: int, turns: int) -> None:
    """The first messages of any seed, in any number of turns, are accounted for, message by message."""
    journey, messages = Journey(), iter(fuzzed_messages(seed, count))
    for turn in range(turns):
        journey.arrive(message for message, _ in zip(messages, range(count // turns), strict=False))
        assert journey.turn().messages <= count, turn
    journey.arrive(messages)
    counts = journey.turn()
    assert counts.balanced
    assert counts.pending == 0
