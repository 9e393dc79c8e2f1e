"""Law: every message put into an inbox is either taken or handed back, exactly once, and those taken are in order."""

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import EventTime
from detector.edge.inbox import Inbox
from detector.edge.parcel import Message
from detector.settings import InboxSettings
from detector.settings.mqtt import Overflow
from tests.parcels import parcel_of

actions = st.lists(st.one_of(st.binary(max_size=9), st.just("close"), st.integers(1, 5)), max_size=60)


@given(actions, st.integers(1, 6), st.integers(1, 20), st.sampled_from(Overflow))
def test_taken_and_given_up_make_up_what_was_put(
    todo: list[bytes | str | int], room: int, size: int, overflow: Overflow
) -> None:
    """What was taken, given up and still waits is what was put; never more waits than there is room for."""
    inbox = Inbox(InboxSettings(max_messages=room, max_size=size, overflow=overflow), patience_s=0.0)
    put, taken, given_up = list[bytes](), list[int](), list[int]()
    for action in todo:
        if isinstance(action, bytes):
            message = Message(
                "t", action, EventTime(0), qos=1, retain=False, duplicate=False, mid=len(put), connection=1
            )
            put.append(action)
            given_up += [back.mid for parcel in inbox.put(parcel_of([message])).given_up for back in parcel]
        elif action == "close":
            inbox.close()
        elif isinstance(action, int):
            taken += [message.mid for parcel in inbox.take(action, 0.0) for message in parcel]
        gone = {*taken, *given_up}
        waiting = [payload for mid, payload in enumerate(put) if mid not in gone]
        assert len(inbox) == len(waiting) <= room
        assert len(waiting) <= 1 or sum(map(len, waiting)) <= size
    taken += [message.mid for parcel in inbox.take(room, 0.0) for message in parcel]
    assert sorted(taken + given_up) == list(range(len(put)))
    assert taken == sorted(taken)
