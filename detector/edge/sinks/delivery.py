"""Sees one sink through its events: in order, a window at a time, again where one was refused, until it has each or it is given up.

In: what the journal says is owed to the sink, and the sink's answers. Out: offers to the sink, marks in the journal, counts.
Memory is bounded by the window: a sink that is slow, away or hanging leaves the rest on disk.
"""

import logging
from dataclasses import dataclass
from typing import Final

from detector.clock import Clock, MonoTime, WallTime
from detector.domain import AlertEvent, AlertKey
from detector.edge.journal import Journal, Mark, Outcome
from detector.edge.sinks.sink import Answer, Sink

log = logging.getLogger("detector.sinks")

WINDOW: Final = 200
"""Most events that one sink has to deliver at a time."""

TRIES: Final = 10
"""A sink that refused an event so often will not take it."""

FIRST_PAUSE_S: Final = 1.0
"""Pause after an event's first refusal; it doubles: the last try comes some nine minutes after the first."""

LOOK_EVERY_S: Final = 1.0
"""Time between two looks for events that are owed though nothing new was found."""


TOO_OLD: Final = "undelivered for longer than alerts.give_up_after"


@dataclass(frozen=True, slots=True)
class SinkCount:
    """Alert events that a sink was handed, those of them that were given up, and those that it has not confirmed yet."""

    told: int
    failed: int
    pending: int


@dataclass(slots=True)
class _Out:
    """An event that the sink has, that it refused and will be offered again, or that waits for an earlier one of its alert."""

    event: AlertEvent
    since: WallTime
    refused: int = 0
    again_at: MonoTime | None = None
    """When to offer it again, or for the first time; None while the sink has it."""


class Delivery:
    """One sink's events; the scoring thread owns it."""

    def __init__(self, sink: Sink, journal: Journal, give_up_after_s: float, clock: Clock) -> None:
        """Start with nothing offered: what the disk says is owed comes first."""
        self.told = self.failed = 0
        self._sink, self._journal, self._give_up_after_s, self._clock = sink, journal, give_up_after_s, clock
        self._out: dict[AlertKey, _Out] = {}
        self._look_at = MonoTime(0.0)

    @property
    def count(self) -> SinkCount:
        """Return how many events went out; for any thread."""
        return SinkCount(self.told, self.failed, len(self._out))

    @property
    def holds_back(self) -> bool:
        """Whether events wait for an earlier one of their alert to be answered."""
        return any(out.again_at is not None and not out.refused for out in self._out.values())

    def turn_to(self, sink: Sink, give_up_after_s: float) -> None:
        """Go on with another sink of the same name; what the one before did not confirm is offered to this one, in order."""
        self.take_answers()
        before, self._sink, self._give_up_after_s = self._sink, sink, give_up_after_s
        for out in self._out.values():
            if sink != before and out.again_at is None:
                sink.offer(out.event)

    def take_answers(self) -> bool:
        """Mark what became of events; return whether there is something to be committed."""
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
        """Hand over what the sink has room for; `found`: there are new events.

        Of one alert the sink has one event at a time: whoever hears of its end has heard of its beginning.
        """
        now, under_way = self._clock.mono(), set[str]()
        for out in self._out.values():
            if out.again_at is not None and now >= out.again_at and out.event.id not in under_way:
                out.again_at = None
                self._sink.offer(out.event)
            under_way.add(out.event.id)
        room = WINDOW - len(self._out)
        if room > 0 and (found or now >= self._look_at):
            self._look_at = MonoTime(now + LOOK_EVERY_S)
            for event, since in self._journal.owed(self._sink.name, self._out.keys(), room):
                self.told += 1
                out = self._out[event.key] = _Out(event, since)
                if self._too_old(out):
                    self._give_up(out, TOO_OLD)
                elif event.id in under_way:
                    out.again_at = now
                else:
                    under_way.add(event.id)
                    self._sink.offer(event)

    def _too_old(self, out: _Out) -> bool:
        """Return whether an event was found so long ago that nobody is waiting for it any more."""
        return self._clock.wall() - out.since > self._give_up_after_s

    def _note(self, answer: Answer) -> None:
        """Take in one answer; one to an event that was given up meanwhile says nothing."""
        out = self._out.get(answer.key)
        if out is None:
            return
        if answer.fault is None:
            self._end(out, Outcome.DELIVERED)
            return
        out.refused += 1
        if answer.hopeless or out.refused >= TRIES:
            self._give_up(out, answer.fault)
            return
        out.again_at = MonoTime(self._clock.mono() + FIRST_PAUSE_S * 2 ** (out.refused - 1))
        log.warning(
            "%s did not take an alert, trying again: %s: %s", self._sink.name, answer.fault, out.event.summary,
            extra={"kind": f"refused by {self._sink.name}"},
        )  # fmt: skip

    def _give_up(self, out: _Out, why: str) -> None:
        """Write an event off, aloud: whoever reads the log is the last to hear of it."""
        self.failed += 1
        log.error(
            "%s never took an alert, given up: %s: %s (%s, %s)",
            self._sink.name, why, out.event.summary, out.event.id, out.event.event.value,
            extra={"kind": f"given up for {self._sink.name}"},
        )  # fmt: skip
        self._end(out, Outcome.GIVEN_UP)

    def _end(self, out: _Out, outcome: Outcome) -> None:
        """Note how a delivery ended."""
        del self._out[out.event.key]
        self._journal.mark(Mark(self._sink.name, out.event.key, outcome, self._clock.wall()))
