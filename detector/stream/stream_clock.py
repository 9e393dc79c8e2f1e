"""The stream clock: how late it is by the readings themselves, and the ticks at which silence is judged.

In: event times in stream order. Out: ticks. It depends on nothing but the order of the stream, so a replay,
the daemon and a recovery tick alike.
"""

from dataclasses import dataclass

from detector.domain import MICROSECONDS, EventTime

TICK = 30 * MICROSECONDS
"""Event time between ticks; silence is told to this resolution."""

LONGEST_SPAN_S = 60.0
"""Silence of the whole stream beyond this is nobody's own silence: it was the link, or the recording ended."""

LEAP = 600 * MICROSECONDS
"""A reading this far ahead moves the clock only when the next one confirms it: one wild clock is not the time."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment at which silence is judged; `span_s` is how long the stream was awake since the tick before."""

    at: EventTime
    span_s: float


class StreamClock:
    """The largest event time that is believed."""

    def __init__(self) -> None:
        """Start without a time; the first reading sets it."""
        self._now: int | None = None
        self._ticked = 0
        self._leapt: int | None = None

    def hear(self, at: EventTime) -> Tick | None:
        """Take the event time of the next reading; return the tick that falls before it, if one does."""
        if self._now is None:
            self._now, self._ticked = at, at - at % TICK
            return None
        if at - self._now > LEAP:
            confirmed = self._leapt is not None and at >= self._leapt - LEAP
            self._leapt = at
            if not confirmed:
                return None
        self._leapt = None
        self._now = max(self._now, at)
        return self._tick()

    def wait(self, seconds: float) -> Tick | None:
        """Let time pass without a reading, while the link is known to be up; return a tick if one falls due."""
        if self._now is None:
            return None
        self._now += int(seconds * MICROSECONDS)
        return self._tick()

    def _tick(self) -> Tick | None:
        """Return the last tick not later than now, once."""
        assert self._now is not None
        at = self._now - self._now % TICK
        if at <= self._ticked:
            return None
        span_s = min((at - self._ticked) / MICROSECONDS, LONGEST_SPAN_S)
        self._ticked = at
        return Tick(EventTime(at), span_s)
