"""Law: every message put into an inbox is either taken or handed back, exactly once, and those taken are in order."""

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import EventTime
from detector.edge.inbox import Inbox, Message
from detector.settings import InboxSettings
from detector.settings.mqtt import Overflow

actions = st.lists(st.one_of(st.just("put"), st.just("close"), st.integers(1, 5)), max_size=60)


@given(actions, st.integers(1, 6), st.sampled_from(Overflow))
def test_taken_and_given_up_make_up_what_was_put(todo: list[str | int], room: int, overflow: Overflow) -> None:
    """What was taken, given up and still waits is what was put; never more waits than there is room for."""
    inbox = Inbox(InboxSettings(max_messages=room, overflow=overflow), patience_s=0.0)
    put, taken, given_up = 0, list[int](), list[int]()
    for action in todo:
        if action == "put":
            message = Message("t", b"", EventTime(0), qos=1, retain=False, duplicate=False, mid=put, connection=1)
            put += 1
            back = inbox.put(message)
            given_up += [] if back is None else [back.mid]
        elif action == "close":
            inbox.close()
        elif isinstance(action, int):
            taken += [message.mid for message in inbox.take(action, 0.0)]
        assert len(inbox) <= room
    taken += [message.mid for message in inbox.take(room, 0.0)]
    assert sorted(taken + given_up) == list(range(put))
    assert taken == sorted(taken)
