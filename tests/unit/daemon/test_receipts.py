"""When messages are committed and acknowledged."""

from detector.clock import MonoTime, WallTime
from detector.daemon.receipts import COMMIT_WITHIN_S, ENOUGH, PLENTY, Receipts
from detector.domain import EventTime
from detector.edge.parcel import Message, Parcel
from tests.parcels import parcel_of


class Desk:
    """Receipts, and a clock that goes on only when told to."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.now = 100.0
        self.receipts = Receipts(self)

    def wall(self) -> WallTime:
        """Return the wall time."""
        return WallTime(self.now)

    def mono(self) -> MonoTime:
        """Return the monotonic time."""
        return MonoTime(self.now)

    def hold(self, count: int) -> list[Parcel]:
        """Hold so many messages more."""
        messages = [Message("plant/p1", b"1", EventTime(0), 1, False, False, mid, 1) for mid in range(1, count + 1)]
        parcels = [parcel_of(messages)] if messages else []
        self.receipts.hold(parcels)
        return parcels


def test_a_message_waits_for_others_but_not_for_long() -> None:
    """A commit is due once the first message has waited its time, whatever came after it; the loop wakes for it."""
    desk = Desk()
    first = desk.hold(1)
    assert not desk.receipts.due(more_wait=False)
    desk.now += COMMIT_WITHIN_S / 2
    second = desk.hold(1)
    assert desk.receipts.patience_s(1.0) <= COMMIT_WITHIN_S / 2
    desk.now += COMMIT_WITHIN_S / 2
    assert desk.receipts.due(more_wait=True)
    desk.receipts.commit(1)
    assert desk.receipts.release(1) == [*first, *second]


def test_enough_messages_do_not_wait_when_no_more_come() -> None:
    """A broker that waits for its answers before it sends more gets them at once."""
    desk = Desk()
    desk.hold(ENOUGH)
    assert not desk.receipts.due(more_wait=True)
    assert desk.receipts.due(more_wait=False)


def test_plenty_of_messages_wait_for_no_others() -> None:
    """However fast more come, an alert among them waits for few to be written."""
    desk = Desk()
    desk.hold(PLENTY - 1)
    assert not desk.receipts.due(more_wait=True)
    desk.hold(1)
    assert desk.receipts.due(more_wait=True)


def test_nothing_held_is_nothing_due() -> None:
    """Before the first message, and after a release, nothing is due and the loop may wait as long as it likes."""
    desk = Desk()
    desk.hold(3)
    desk.receipts.commit(1)
    desk.receipts.release(1)
    desk.now += 60.0
    assert not desk.receipts.due(more_wait=False)
    assert desk.receipts.patience_s(0.2) == 0.2
    assert desk.receipts.release(1) == []


def test_without_messages_a_commit_may_still_be_wanted() -> None:
    """What the journal holds beside messages is committed in the same time."""
    desk = Desk()
    desk.hold(0)
    desk.now += COMMIT_WITHIN_S
    assert desk.receipts.due(more_wait=False)


def test_messages_wait_for_the_disk_to_have_their_commit() -> None:
    """What a later commit holds is kept back while the disk has an earlier one; all leave in the order in which they came."""
    desk = Desk()
    first = desk.hold(2)
    desk.receipts.commit(1)
    second = desk.hold(1)
    desk.receipts.commit(2)
    third = desk.hold(1)
    assert desk.receipts.release(0) == []
    assert desk.receipts.release(1) == first
    desk.receipts.commit(3)
    assert desk.receipts.release(3) == [*second, *third]
    assert desk.receipts.release(3) == []


def test_messages_that_want_no_answer_wait_for_no_disk() -> None:
    """Of QoS 0 nothing is kept: a disk that hangs may not fill the memory."""
    desk = Desk()
    desk.receipts.hold([parcel_of([Message("plant/p1", b"1", EventTime(0), 0, False, False, 0, 1)])])
    desk.receipts.commit(1)
    assert desk.receipts.release(1) == []
