"""Reads many plain payloads at once: those of one form, which say the same fields of another device each.

In: topics, payloads and arrivals as columns. Out: readings as arrays, and which message each is of; what is not plain in a message leaves
that one out, and no other. What is read here is what `plain` would have read one by one (a law says so), and costs a fifth of it.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import repeat
from typing import Final

import numpy as np

from detector.stream.block import Block, join
from detector.stream.form_kinds import NONE, Form
from detector.stream.stamp import Ints

LONGEST: Final = 4096
"""Bytes of the longest payload that is read here: of longer ones, many at a time would fill the memory."""

TOGETHER: Final = 256
"""Payloads that are read at once: their objects are still in the processor's cache when they are looked at."""


class Forms:
    """All forms, and every topic's row in its own."""

    def __init__(self, max_payload: int) -> None:
        """Know none; payloads of more than so many bytes, or than `LONGEST`, are not read."""
        self._longest = min(LONGEST, max_payload)
        self._forms: list[Form] = []
        self._by_key: dict[Hashable, int] = {}
        self._seats: dict[str, int] = {}
        self._whose = np.zeros((2, 16), np.intp)
        """Of each seat, the form and the row in it."""

    def find(self, key: Hashable, make: Callable[[], Form]) -> Form:
        """Return the form of a key; a new one where there is none."""
        if key not in self._by_key:
            self._by_key[key] = len(self._forms)
            self._forms.append(make())
        return self._forms[self._by_key[key]]

    def seat(self, topic: str, key: Hashable, row: int) -> None:
        """Read the payloads of a topic by the form of a key, in which it has a row."""
        seat = self._seats[topic] = len(self._seats)
        if seat == self._whose.shape[1]:
            self._whose = np.concatenate([self._whose, np.zeros_like(self._whose)], axis=1)
        self._whose[:, seat] = self._by_key[key], row

    def read(self, topics: Sequence[str], payloads: Sequence[bytes], arrived_us: Ints) -> Block:
        """Read all messages that have a form and are plain in it. Shapes: every column is (B,)."""
        seats = np.fromiter(map(self._seats.get, topics, repeat(NONE)), np.intp, len(topics))
        if max(map(len, payloads)) > self._longest:
            seats[np.fromiter(map(len, payloads), np.intp, len(payloads)) > self._longest] = NONE
        forms, rows = self._whose[:, seats]
        forms[seats == NONE] = NONE
        blocks = []
        for form in np.bincount(forms + 1)[1:].nonzero()[0].tolist():
            members = (forms == form).nonzero()[0]
            for first in range(0, len(members), TOGETHER):
                some = members[first : first + TOGETHER]
                read = self._forms[form].read([payloads[one] for one in some.tolist()], rows[some], arrived_us[some])
                blocks.append(read._replace(places=some[read.places]))
        return join(blocks)
