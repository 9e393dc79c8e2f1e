"""The inbox keeps what it can, in order, and hands back what it can't."""

import threading

import pytest

from detector.domain import EventTime
from detector.edge.inbox import Inbox
from detector.edge.parcel import Message, Parcel
from detector.settings import InboxSettings
from detector.settings.mqtt import Overflow
from tests.parcels import parcel_of


def message(number: int, payload: bytes = b"1") -> Message:
    """Return a message that is told apart by its packet identifier."""
    return Message(
        "plant/pump-1", payload, EventTime(0), qos=1, retain=False, duplicate=False, mid=number, connection=1
    )


def inbox(room: int, overflow: Overflow = Overflow.DROP_OLDEST) -> Inbox:
    """Return an inbox with room for so many messages."""
    return Inbox(InboxSettings(max_messages=room, overflow=overflow))


def put(box: Inbox, *messages: Message) -> list[Message]:
    """Put messages; return those that were given up."""
    return opened(box.put(parcel_of(messages)).given_up)


def opened(parcels: list[Parcel]) -> list[Message]:
    """Return messages one by one."""
    return [message for parcel in parcels for message in parcel]


def take(box: Inbox, limit: int, timeout_s: float = 0.0) -> list[Message]:
    """Take messages, one by one."""
    return opened(box.take(limit, timeout_s))


def test_all_that_waits_is_taken_oldest_first() -> None:
    """One take returns everything that waits, in the order of arrival."""
    box = inbox(10)
    for number in range(4):
        assert put(box, message(number)) == []
    assert [taken.mid for taken in take(box, 10, 0.0)] == [0, 1, 2, 3]
    assert len(box) == 0


def test_a_take_is_limited() -> None:
    """A take leaves what is beyond its limit for the next."""
    box = inbox(10)
    for number in range(3):
        put(box, message(number))
    assert [taken.mid for taken in take(box, 2, 0.0)] == [0, 1]
    assert [taken.mid for taken in take(box, 2, 0.0)] == [2]


@pytest.mark.parametrize(
    ("overflow", "given_up", "kept"), [(Overflow.DROP_OLDEST, 0, [1, 2]), (Overflow.DROP_NEWEST, 2, [0, 1])]
)
def test_a_full_inbox_hands_back_one_message(overflow: Overflow, given_up: int, kept: list[int]) -> None:
    """The message that a full inbox gives up is the one that the policy names, and is returned."""
    box = inbox(2, overflow)
    put(box, message(0))
    put(box, message(1))
    assert put(box, message(2)) == [message(given_up)]
    assert [taken.mid for taken in take(box, 9, 0.0)] == kept


def test_a_full_inbox_holds_the_link_up_until_there_is_room() -> None:
    """With `wait`, a put into a full inbox returns once something was taken, and nothing is given up."""
    box = Inbox(InboxSettings(max_messages=1, overflow=Overflow.WAIT), patience_s=60.0)
    put(box, message(0))
    given_up: list[list[Message]] = []
    link = threading.Thread(target=lambda: given_up.append(put(box, message(1))))
    link.start()
    assert [taken.mid for taken in take(box, 9, 60.0)] == [0]
    link.join(60.0)
    assert given_up == [[]]
    assert [taken.mid for taken in take(box, 9, 60.0)] == [1]


def test_a_link_that_waited_in_vain_gives_its_message_up() -> None:
    """With `wait`, when no room comes within the patience, the newest message is handed back."""
    box = Inbox(InboxSettings(max_messages=1, overflow=Overflow.WAIT), patience_s=0.0)
    put(box, message(0))
    assert put(box, message(1)) == [message(1)]


def test_large_messages_fill_it_sooner() -> None:
    """Room is in bytes too: a large message has several older ones given up for it, and one larger than all room waits alone."""
    box = Inbox(InboxSettings(max_messages=9, max_size=10, overflow=Overflow.DROP_OLDEST))
    for number in range(4):
        assert put(box, message(number, b"123")) == ([message(0, b"123")] if number == 3 else [])
    large, larger = message(4, b"1234567"), message(5, b"x" * 11)
    assert put(box, large) == [message(1, b"123"), message(2, b"123")]
    assert put(box, larger) == [message(3, b"123"), large]
    assert take(box, 9, 0.0) == [larger]
    assert put(box, large) == []


def test_nothing_waits_and_nothing_comes() -> None:
    """A take from an empty inbox returns an empty list when its time is up."""
    assert take(inbox(2), 9) == []


def test_a_closed_inbox_takes_nothing_in_and_gives_out_the_rest() -> None:
    """After close, puts are handed back, and what waited can still be taken."""
    box = inbox(2)
    put(box, message(0))
    box.close()
    assert box.closed
    assert put(box, message(1)) == [message(1)]
    assert [taken.mid for taken in take(box, 9, 60.0)] == [0]
    assert take(box, 9, 60.0) == []


@pytest.mark.parametrize("wake", [Inbox.close, Inbox.nudge, lambda box: put(box, message(7))])
def test_a_waiting_taker_is_woken(wake: object) -> None:
    """A taker that waits returns as soon as a message comes, there is something else to do, or the inbox is closed."""
    assert callable(wake)
    box = inbox(2)
    taken: list[list[Message]] = []
    taker = threading.Thread(target=lambda: taken.append(take(box, 9, 60.0)))
    taker.start()
    wake(box)
    taker.join(30.0)
    assert not taker.is_alive()
    assert taken in ([[]], [[message(7)]])


@pytest.mark.parametrize("wake", [Inbox.close, Inbox.nudge, lambda box: put(box, message(2))])
def test_messages_gather_until_there_are_enough_or_something_else_to_do(wake: object) -> None:
    """Whoever lets messages gather waits on while they are few, and returns for those that are enough; none is taken."""
    assert callable(wake)
    box = inbox(10)
    gatherer = threading.Thread(target=lambda: box.gather(2, 60.0))
    gatherer.start()
    put(box, message(1))
    gatherer.join(0.05)
    assert gatherer.is_alive()
    wake(box)
    gatherer.join(30.0)
    assert not gatherer.is_alive()
    assert len(box) >= 1


def test_a_full_inbox_is_enough() -> None:
    """Where there is room for fewer than are wanted, nobody waits for more."""
    box = inbox(1)
    put(box, message(1))
    box.gather(2, 60.0)
    assert len(box) == 1


def test_what_finds_no_room_is_to_be_put_again() -> None:
    """With `wait`, a put of several messages returns as soon as some have room, and gives none of the others up."""
    box = inbox(2, Overflow.WAIT)
    assert box.put(parcel_of([message(number) for number in range(3)])) == (2, [])
    assert [taken.mid for taken in take(box, 9, 0.0)] == [0, 1]
    assert box.put(parcel_of([message(2)])) == (1, [])


@pytest.mark.parametrize(
    ("overflow", "given_up", "kept"), [(Overflow.DROP_OLDEST, [0, 1], [2, 3]), (Overflow.DROP_NEWEST, [2, 3], [0, 1])]
)
def test_several_messages_are_dropped_as_one_by_one(overflow: Overflow, given_up: list[int], kept: list[int]) -> None:
    """Of messages that are put together, as many are dropped as if they came one by one."""
    box = inbox(2, overflow)
    seen_to, back = box.put(parcel_of([message(number) for number in range(4)]))
    assert (seen_to, opened(back)) == (4, [message(number) for number in given_up])
    assert [taken.mid for taken in take(box, 9, 0.0)] == kept
