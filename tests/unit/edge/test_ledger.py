"""The ledger counts a reading once when it comes in and once when it ends."""

import numpy as np
import pytest

from detector.domain import DropReason, EventTime, Reading, RejectReason, Stage
from detector.edge.ledger import Ledger
from detector.readings import Readings
from detector.report import Report


def report(*stages: Stage) -> Report:
    """Return a report of readings that ended in these stages."""
    rows = len(stages)
    zeros = np.zeros(rows)
    return Report(
        readings=Readings.of(Reading("pump-1", "level", EventTime(row), 1.0, 0) for row in range(rows)),
        stage=np.array(stages, dtype=np.int8),
        steps_left=np.zeros(rows, dtype=np.int32),
        steps_needed=np.zeros(rows, dtype=np.int32),
        forecast_known=np.zeros(rows, dtype=np.bool_),
        expected=zeros,
        lower=zeros,
        upper=zeros,
        score=zeros,
        threshold=zeros,
        anomalous=np.zeros(rows, dtype=np.int8),
        events=(),
        ticks=(),
    )


def test_a_message_is_one_pending_reading_until_it_is_decoded() -> None:
    """A message that arrived counts as one reading received and pending."""
    ledger = Ledger()
    ledger.arrived()
    counts = ledger.snapshot()
    assert (counts.messages, counts.received, counts.pending) == (1, 1, 1)


def test_decoding_shows_how_many_readings_a_message_held() -> None:
    """Received and pending grow by what a message held beyond one; rejections end at once."""
    ledger = Ledger()
    ledger.arrived()
    ledger.decoded(3, [RejectReason.NULL, RejectReason.NULL])
    counts = ledger.snapshot()
    assert (counts.messages, counts.received, counts.pending) == (1, 5, 3)
    assert counts.rejected[RejectReason.NULL] == 2


def test_a_message_without_any_reading_is_one_rejection() -> None:
    """A message that decodes to one rejection ends there."""
    ledger = Ledger()
    ledger.arrived()
    ledger.decoded(0, [RejectReason.MALFORMED])
    counts = ledger.snapshot()
    assert (counts.received, counts.pending, counts.rejected[RejectReason.MALFORMED]) == (1, 0, 1)


def test_a_step_ends_readings_by_their_stage() -> None:
    """Late, duplicate and refused readings have counts of their own; all others count as scored."""
    ledger = Ledger()
    ledger.arrived()
    ledger.decoded(len(Stage))
    ledger.stepped(report(*Stage))
    counts = ledger.snapshot()
    assert (counts.late, counts.duplicate, counts.scored, counts.pending) == (1, 1, 3, 0)
    assert counts.rejected[RejectReason.TOO_MANY_DEVICES] == counts.rejected[RejectReason.TOO_MANY_CHANNELS] == 1
    assert counts.balanced


def test_drops_are_counted_by_reason() -> None:
    """What was given up ends with its reason, several readings at once if need be."""
    ledger = Ledger()
    for _ in range(4):
        ledger.arrived()
    ledger.dropped(DropReason.INBOX_FULL)
    ledger.dropped(DropReason.SHUTDOWN, 3)
    counts = ledger.snapshot()
    assert counts.dropped == {DropReason.INBOX_FULL: 1, DropReason.SHUTDOWN: 3}
    assert counts.pending == 0


def test_every_reason_is_there_from_the_start() -> None:
    """A fresh snapshot has a zero for every reason, so that a metric exists before it is needed."""
    counts = Ledger().snapshot()
    assert set(counts.rejected) == set(RejectReason)
    assert set(counts.dropped) == set(DropReason)
    assert counts.balanced


def test_a_snapshot_does_not_change() -> None:
    """What happens later doesn't show in an earlier snapshot."""
    ledger = Ledger()
    earlier = ledger.snapshot()
    ledger.arrived()
    ledger.decoded(0, [RejectReason.NULL])
    assert (earlier.received, earlier.rejected[RejectReason.NULL]) == (0, 0)


def test_more_cannot_end_than_came_in() -> None:
    """Ending readings that never came in is refused, and counts nothing."""
    ledger = Ledger()
    ledger.arrived()
    with pytest.raises(ValueError, match="at most 1 pending readings to end, got 2"):
        ledger.stepped(report(Stage.SCORED, Stage.SCORED))
    assert ledger.snapshot().scored == 0


def test_a_message_cannot_decode_to_nothing() -> None:
    """A message that gives neither a reading nor a rejection is refused: it would be lost without a trace."""
    ledger = Ledger()
    ledger.arrived()
    with pytest.raises(ValueError, match="at least one reading or rejection"):
        ledger.decoded(0)
