"""A stream of fuzzed messages, the same for the same seed: good ones, spoilt ones, floods, repeats and clocks that go wrong.

In: a seed and a count. Out: messages as the link puts them in the inbox.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

from detector.domain import MICROSECONDS, EventTime
from detector.edge.parcel import Message
from tests.fuzz.mutations import spoil, spoil_topic
from tests.fuzz.plant import TEMPLATES, Good

START: Final = EventTime(1_700_000_000 * MICROSECONDS)
STEP: Final = 100_000
"""Microseconds between two messages: a million of them are a day and four hours, in which groups renew and tails are learnt."""

DEVICES: Final = 8
"""Of each entry; with floods of further ones there are more than the plant has room for."""

CLOCKS: Final = (0, 0, 0, 0, 0, 0, 0, -1, -60, 3600, -86_400, 90_000, -(10**9))
"""Seconds by which the clock of a device is off."""


def fuzzed_messages(seed: int, count: int) -> Iterator[Message]:
    """Yield so many messages; about half are good, so that the spoilt ones meet channels that have learnt something."""
    random = Random(seed)
    before = Good("", b"")
    for number in range(count):
        at = EventTime(START + number * STEP)
        good = _good(random, at, before)
        topic = spoil_topic(random, good.topic) if random.random() < 0.06 else good.topic
        payload = spoil(random, good) if random.random() < 0.45 else good.payload
        before = Good(topic, payload)
        retain, repeated = random.random() < 0.02, random.random() < 0.02
        yield Message(topic, payload, at, number & 1, retain, repeated, number & 0xFFFF, 1)


def _good(random: Random, at: EventTime, before: Good) -> Good:
    """Return what a device sends now: by its own clock, or the same as the message before."""
    if before.topic and random.random() < 0.03:
        return before
    off = random.choice(CLOCKS) if random.random() < 0.1 else 0
    kind = random.randrange(len(TEMPLATES))
    number = random.randrange(DEVICES) if random.random() < 0.98 else random.randrange(10**6)
    return TEMPLATES[kind](random, f"pump-{kind}-{number}", EventTime(at + off * MICROSECONDS))
