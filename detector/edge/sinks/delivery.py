"""Sees one sink through its events, or its notices: in order, a window at a time, again where one was refused, until it has each or it is given up.

In: what the journal says is owed to the sink, and the sink's answers. Out: offers to the sink, marks in the journal, counts.
Memory is bounded by the window: a sink that is slow, away or hanging leaves the rest on disk.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol

from detector.clock import Clock, MonoTime, WallTime
from detector.domain import AlertEvent
from detector.edge.journal import Item, Mark, Outcome, Owed
from detector.edge.sinks.sink import Answer, Sink
from detector.notice import Notice

log = logging.getLogger("detector.sinks")

WINDOW: Final = 200
"""Most that one sink has to deliver at a time."""

FIRST_PAUSE_S: Final = 1.0
"""Pause after the first refusal; it doubles ..."""

LONGEST_PAUSE_S: Final = 60.0
"""... up to here: a sink that comes back after hours or days is served within a minute."""

LOOK_EVERY_S: Final = 1.0
"""Time between two looks for what is owed though nothing new was found."""


TOO_OLD: Final = "undelivered for longer than alerts.give_up_after"


class Owing(Protocol[Item]):
    """Where what is owed is kept."""

    def owed(self, sink: str, but: Collection[Any], limit: int) -> list[Owed[Item]]:
        """Return the oldest that a sink has not had, without those in `but`."""
        ...

    def mark(self, mark: Mark[Any]) -> None:
        """Take what became of one."""
        ...


@dataclass(frozen=True, slots=True)
class SinkCount:
    """What a sink was handed, what of it was given up, and what it has not confirmed yet: events, or notices."""

    told: int
    failed: int
    pending: int


@dataclass(slots=True)
class _Out(Generic[Item]):
    """What the sink has, what it refused and will be offered again, or what waits for an earlier one of the same alert or thread."""

    item: Item
    since: WallTime
    refused: int = 0
    again_at: MonoTime | None = None
    """When to offer it again, or for the first time; None while the sink has it."""


class Delivery(Generic[Item]):
    """One sink's events, or notices; the scoring thread owns it."""

    def __init__(self, sink: Sink[Item], owing: Owing[Item], give_up_after_s: float, clock: Clock) -> None:
        """Start with nothing offered: what the disk says is owed comes first."""
        self.told = self.failed = 0
        self._sink: Sink[Item] = sink
        self._owing: Owing[Item] = owing
        self._give_up_after_s, self._clock = give_up_after_s, clock
        self._out: dict[Any, _Out[Item]] = {}
        self._look_at = MonoTime(0.0)

    @property
    def count(self) -> SinkCount:
        """Return how many went out; for any thread."""
        return SinkCount(self.told, self.failed, len(self._out))

    @property
    def holds_back(self) -> bool:
        """Whether events wait for an earlier one of their alert to be answered."""
        return any(out.again_at is not None and not out.refused for out in self._out.values())

    def turn_to(self, sink: Sink[Item], give_up_after_s: float) -> None:
        """Go on with another sink of the same name; what the one before did not confirm is offered to this one, in order."""
        self.take_answers()
        before, self._sink, self._give_up_after_s = self._sink, sink, give_up_after_s
        for out in self._out.values():
            if sink != before and out.again_at is None:
                sink.offer(out.item)

    def take_answers(self) -> bool:
        """Mark what became of what was offered; return whether there is something to be committed."""
        before = len(self._out)
        for answer in self._sink.answers():
            self._note(answer)
        while self._out:
            oldest = next(iter(self._out.values()))
            if not self._too_old(oldest):
                break
            self._give_up(oldest, TOO_OLD)
        return len(self._out) < before

    def offer(self, *, found: bool) -> None:
        """Hand over what the sink has room for; `found`: there is something new.

        Of one alert, or thread, the sink has one at a time: whoever hears of its end has heard of its beginning.
        """
        now, under_way = self._clock.mono(), set[str]()
        for out in self._out.values():
            if out.again_at is not None and now >= out.again_at and _line(out.item) not in under_way:
                out.again_at = None
                self._sink.offer(out.item)
            under_way.add(_line(out.item))
        room = WINDOW - len(self._out)
        if room > 0 and (found or now >= self._look_at):
            self._look_at = MonoTime(now + LOOK_EVERY_S)
            for item, since in self._owing.owed(self._sink.name, self._out.keys(), room):
                self.told += 1
                out = self._out[item.key] = _Out(item, since)
                if self._too_old(out):
                    self._give_up(out, TOO_OLD)
                elif _line(item) in under_way:
                    out.again_at = now
                else:
                    under_way.add(_line(item))
                    self._sink.offer(item)

    def _too_old(self, out: _Out[Item]) -> bool:
        """Return whether it was found so long ago that nobody is waiting for it any more."""
        return self._clock.wall() - out.since > self._give_up_after_s

    def _note(self, answer: Answer) -> None:
        """Take in one answer; one to what was given up meanwhile says nothing."""
        out = self._out.get(answer.key)
        if out is None:
            return
        if answer.fault is None:
            self._end(out, Outcome.DELIVERED)
        elif answer.hopeless:
            self._give_up(out, answer.fault)
        else:
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(out.refused, 30))
            out.refused += 1
            out.again_at = MonoTime(self._clock.mono() + pause_s)
            log.warning(
                "%s did not take %s, trying again: %s: %s", self._sink.name, *_in_words(out.item, answer.fault),
                extra={"kind": f"refused by {self._sink.name}"},
            )  # fmt: skip

    def _give_up(self, out: _Out[Item], why: str) -> None:
        """Write it off, aloud: whoever reads the log is the last to hear of it."""
        self.failed += 1
        log.error(
            "%s never took %s, given up: %s: %s", self._sink.name, *_in_words(out.item, why),
            extra={"kind": f"given up for {self._sink.name}"},
        )  # fmt: skip
        self._end(out, Outcome.GIVEN_UP)

    def _end(self, out: _Out[Item], outcome: Outcome) -> None:
        """Note how a delivery ended."""
        del self._out[out.item.key]
        self._owing.mark(Mark(self._sink.name, out.item.key, outcome, self._clock.wall()))


def _in_words(item: AlertEvent | Notice, why: str) -> tuple[str, str, str]:
    """Return what it is, what happened to it, and which one it is, for the log."""
    if isinstance(item, Notice):
        return "a notice", why, f"{item.title} ({item.thread}, {item.number})"
    return "an alert", why, f"{item.summary} ({item.id}, {item.event.value})"


def _line(item: AlertEvent | Notice) -> str:
    """Return what is to be heard of in order: an alert from beginning to end, or a thread of notices."""
    return item.key[0]
