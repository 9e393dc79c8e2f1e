"""The stream clock: how late it is by the readings themselves, and the ticks at which silence is judged.

In: event times in stream order, and whose; while nothing comes, how long the link has been quiet. Out: ticks, each standing
for the same stretch of awake stream. By the readings alone it depends on nothing but the order of the stream, so a
replay, the daemon and a recovery tick alike.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.domain import HOUR, MICROSECONDS, EventTime
from detector.readings import Readings
from detector.report import Tick

TICK_S = 30.0
"""Awake stream between ticks; silence is told to this resolution."""

TICK = int(TICK_S * MICROSECONDS)

AWAKE_TICKS = 2
"""Ticks that a pause of the whole stream is good for: what is longer was the link, or the end of a recording."""

LEAP = 600 * MICROSECONDS
"""A reading this far ahead moves the clock only when it is confirmed, with no ordinary one in between: one wild clock is not the time.

The clock moves as far as two devices have been, or to a reading that is no leap from there. A device that is heard alone confirms
itself by a later moment; the other channels of the same payload bear the same moment, and confirm nothing."""

ALONE = HOUR
"""A device of which there were others is heard alone from so much awake stream on; a pause is good for no more than `LEAP` of it."""

GRACE_S = 5.0
"""How much later than due an idle tick falls, so that readings on their way come before it."""


class FrozenClock(NamedTuple):
    """All that the clock of a stream remembers; event times (µs)."""

    now: int | None
    """None before the first reading."""
    ticked: int
    """The last tick."""
    leapt: int | None
    """A reading far ahead that nothing has confirmed yet; the speaker's."""
    speaker: str | None = None
    """The device that was heard last."""
    alone: int | None = None
    """Awake stream (µs) in which nobody else was heard; None where nobody else ever was."""


class Heard(NamedTuple):
    """What a stretch of the stream did to its clock."""

    now_us: NDArray[np.int64]
    """The clock at each reading, itself heard. Shape (B,)."""
    ticks: list[Tick]
    hours: list[tuple[int, EventTime]]
    """Places of readings at which an hour began, and which."""


NOT_STARTED = FrozenClock(None, 0, None)


class StreamClock:
    """The largest event time that is believed."""

    def __init__(self, frozen: FrozenClock = NOT_STARTED) -> None:
        """Start without a time, which the first reading sets; or go on from where a clock was frozen."""
        self._now, self._ticked, self._leapt, self._speaker, self._alone = frozen

    def freeze(self) -> FrozenClock:
        """Return all that is remembered."""
        return FrozenClock(self._now, self._ticked, self._leapt, self._speaker, self._alone)

    def hear_all(self, readings: Readings) -> Heard:
        """Take the next readings: as `hear` one by one, and at once where none of them leaps."""
        at_us = readings.at_us
        if self._now is None or self._leapt is not None or not len(at_us):
            return self._hear_one_by_one(readings)
        before = np.maximum.accumulate(np.concatenate([[self._now], at_us]))
        if (at_us - before[:-1] > LEAP).any():
            return self._hear_one_by_one(readings)
        hour, now_us = before[0] - before[0] % HOUR, before[1:]
        self._listen_to_all(readings, np.minimum(np.maximum(at_us - before[:-1], 0), LEAP))
        self._now = int(now_us[-1])
        due = now_us - now_us % TICK
        rises = (due > np.maximum(np.concatenate([[self._ticked], due[:-1]]), self._ticked)).nonzero()[0].tolist()
        ticks = [Tick(at, place) for place in rises for at in self._ticks_until(int(now_us[place]), AWAKE_TICKS)]
        hours = now_us - now_us % HOUR
        begun = (hours != np.concatenate([[hour], hours[:-1]])).nonzero()[0].tolist()
        return Heard(now_us, ticks, [(place, EventTime(int(hours[place]))) for place in begun])

    def _hear_one_by_one(self, readings: Readings) -> Heard:
        """Take readings of which one may leap."""
        heard = Heard(np.zeros(len(readings), np.int64), [], [])
        for place, reading in enumerate(readings):
            before = self.hour
            heard.ticks.extend(Tick(at, place) for at in self.hear(reading.at, reading.device))
            if before is not None and before != self.hour:
                heard.hours.append((place, EventTime(self.now - self.now % HOUR)))
            heard.now_us[place] = self.now
        return heard

    def hear(self, at: EventTime, device: str) -> list[EventTime]:
        """Take the event time of the next reading, and whose it is; return the ticks that fall before it."""
        if self._now is None:
            self._now, self._ticked, self._speaker = at, at - at % TICK, device
            return []
        if at - self._now > LEAP:
            return self._hear_leap(at, device)
        self._listen(at - self._now, device)
        self._leapt = None
        return self._move(at)

    def _hear_leap(self, at: EventTime, device: str) -> list[EventTime]:
        """Take a reading far ahead; return the ticks before it, none where nothing confirms it."""
        assert self._now is not None
        leapt, other = self._leapt, device != self._speaker
        self._listen(at - (self._now if leapt is None else leapt), device)
        self._leapt = at
        if leapt is None:
            return []
        if other:
            ticks = self._move(at if at - leapt <= LEAP else leapt)
        elif at != leapt and at >= leapt - LEAP and (self._alone is None or self._alone >= ALONE):
            ticks = self._move(at)
        else:
            return []
        if at - self._now <= LEAP:
            self._leapt = None
        return ticks

    def _listen(self, ahead: int, device: str) -> None:
        """Note who speaks, so far ahead (µs), and for how long nobody else has."""
        if device != self._speaker:
            self._alone = None if self._speaker is None else 0
            self._speaker = device
        elif self._alone is not None:
            self._alone += min(max(0, ahead), LEAP)

    def _move(self, at: int) -> list[EventTime]:
        """Move the clock as far as this, if it is ahead; return the ticks that fall before it."""
        assert self._now is not None
        self._now = max(self._now, at)
        return self._ticks_until(self._now, AWAKE_TICKS)

    def _listen_to_all(self, readings: Readings, ahead_us: NDArray[np.int64]) -> None:
        """Note who speaks in a stretch without leaps, in which each reading moved the clock by so much."""
        devices, first = readings.devices, readings.names[int(readings.numbers[0])].device
        others = (devices[1:] != devices[:-1]).nonzero()[0] + 1
        if len(others):
            self._alone = int(ahead_us[others[-1] + 1 :].sum())
        elif self._speaker is not None and first != self._speaker:
            self._alone = int(ahead_us[1:].sum())
        elif self._alone is not None:
            self._alone += int(ahead_us.sum())
        self._speaker = readings.names[int(readings.numbers[-1])].device

    @property
    def now(self) -> EventTime:
        """Return the time of the stream; there is one once a reading was heard."""
        assert self._now is not None
        return EventTime(self._now)

    @property
    def hour(self) -> EventTime | None:
        """Return the beginning of the present hour; None before the first reading."""
        return None if self._now is None else EventTime(self._now - self._now % HOUR)

    def wait(self, quiet_s: float) -> list[EventTime]:
        """Return the ticks that fall due when the link is up and nothing was heard for `quiet_s`."""
        if self._now is None:
            return []
        due = self._now + int((quiet_s - GRACE_S) * MICROSECONDS)
        return self._ticks_until(due, max((due - self._ticked) // TICK, 0))

    def wait_again(self, ticks: Sequence[EventTime]) -> None:
        """Let the ticks fall that `wait` once returned."""
        self._ticked = max(self._ticked, *ticks)

    def _ticks_until(self, now: int, most: int) -> list[EventTime]:
        """Return at most `most` ticks not later than now, and skip the rest."""
        if now - self._ticked < TICK:
            return []
        last = now - now % TICK
        ticks = [EventTime(at) for at in range(self._ticked + TICK, last + 1, TICK)[:most]]
        self._ticked = max(self._ticked, last)
        return ticks
