"""Reads plain messages straight into columns: those that hold what is usual, in the usual place, and nothing that has to be explained.

In: topic, payload, arrival. Out: numbers of names, event times and values, or word that the message is not plain, and `decode` has
to say what it is. What is read here is what `decode` would have read (a law says so); a reading costs a tenth of it here.
"""

from collections.abc import Callable, Sequence
from typing import Final

from detector.domain import EventTime, Rejected
from detector.readings import Columns, Names
from detector.stream.block import Block
from detector.stream.decode import REMEMBERED_LENGTH, Decoder, Route
from detector.stream.forms import Forms
from detector.stream.plans import Plan, Planner
from detector.stream.stamp import Ints

REMEMBERED: Final = 65_536
"""Topics whose plan is kept, and names, at the least."""


def _never(_payload: bytes, _arrived: EventTime, _columns: Columns) -> bool:
    """Leave everything to `decode`."""
    return False


class PlainDecoder:
    """Keeps a plan for every topic."""

    def __init__(
        self,
        decoder: Decoder,
        max_payload: int,
        max_channels: int,
        names: int,
        note: Callable[[Route], None] = lambda _route: None,
    ) -> None:
        """Read what `decoder` would; `max_channels` is the most that one payload may have, and about so many `names` are needed.

        `note` is told of every topic that is new, once a message of it was read.
        """
        self._note = note
        self._decoder, self._max_payload, self._max_channels = decoder, max_payload, max_channels
        self._most = max(REMEMBERED, 2 * names)
        self._names = Names()
        self.forget()

    def columns(self) -> Columns:
        """Return columns to read into; of new names where there have been too many, as some may never come again."""
        if len(self._names) > self._most or len(self._plans) > self._most:
            self._names = Names()
            self.forget()
        return Columns(self._names)

    def take(self, topic: str, payload: bytes, arrived: EventTime, columns: Columns) -> bool:
        """Read a message into columns; False, and nothing is read, where it is not plain."""
        plan = self._plans.get(topic)
        if plan is None:
            if len(topic) > REMEMBERED_LENGTH:
                return False
            plan = self._plans[topic] = self._first(topic)
        return len(payload) <= self._max_payload and plan(payload, arrived, columns)

    def take_many(self, topics: Sequence[str], payloads: Sequence[bytes], arrived_us: Ints) -> Block:
        """Read those of many messages (B,) that are plain in the way of all; each of the others is for `take`, and a topic's first."""
        return self._forms.read(topics, payloads, arrived_us)

    def forget(self) -> None:
        """Know no topic any more, so that each is new."""
        self._plans: dict[str, Plan] = {}
        self._forms = Forms(self._max_payload)
        self._planner = Planner(self._names, self._forms, self._max_channels)

    def _first(self, topic: str) -> Plan:
        """Return how the payloads of a topic are read until one was: then it is noted, and the plan put in this one's place."""
        route = self._decoder.route(topic)
        if isinstance(route, Rejected):
            return _never
        found = self._planner.plan(route)
        if found is None:
            return _never
        plan, seat = found

        def read(payload: bytes, arrived: EventTime, columns: Columns) -> bool:
            if not plan(payload, arrived, columns):
                return False
            self._plans[topic] = plan
            seat(topic)
            self._note(route)
            return True

        return read
