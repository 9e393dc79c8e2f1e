"""The last state of every channel, for the metrics, the retained states and the page.

In: the engine's reports, from the scoring worker. Out: `Fleet`, one consistent picture, for any thread. Channels of a
device that is long gone are left out: a dead device must not show its last value for ever.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from detector.domain import MICROSECONDS, AlertEvent, EventTime, Severity, Stage, Verdict
from detector.edge.alert_book import AlertBook
from detector.edge.channel_state import ChannelKey, ChannelState, States
from detector.edge.departures import Departures
from detector.edge.frozen_view import book_from_plain, book_to_plain
from detector.edge.last_states import LastStates
from detector.report import Census, Progress, Report

SWEEP_EVERY_S: Final = 60.0
"""Stream time between two looks for devices that are gone."""

NOBODY: Final = Census(devices=0, channels=0, learning=0, episodes_open=dict.fromkeys(Verdict, 0), budget_used=0.0)
"""A fleet before the first reading."""


class Touched(NamedTuple):
    """What a report changed in the view."""

    keys: list[ChannelKey]
    """Those that do not rest, or turned."""
    turned: set[ChannelKey]
    """Those of which side or verdict is another than before."""
    gone: tuple[ChannelKey, ...] = ()
    """Those that were let go, before any of these."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """One consistent picture of all devices; immutable, so it may be read without haste."""

    states: States
    """In order of first sight."""
    last_seen: dict[str, EventTime]
    """Of every device ever heard."""
    open: tuple[AlertEvent, ...]
    recent: tuple[AlertEvent, ...]
    """Newest last."""
    opened: dict[tuple[Verdict, Severity], int]
    census: Census
    progress: Mapping[str, Progress]
    """How far devices have learnt, as of the census."""
    skills: Mapping[ChannelKey, float]
    """How much better than by their last value channels are forecast, where that is known."""
    evicted: int
    """Devices that were let go for want of room."""


class ChannelView:
    """Written by the scoring worker, read by anyone."""

    def __init__(self) -> None:
        """Start with no device."""
        self.census = NOBODY
        """What the engine says of the fleet as a whole; the worker renews it."""
        self._lock = threading.Lock()
        self._last = LastStates()
        self._book = AlertBook()
        self._now = EventTime(0)
        self._swept = EventTime(0)
        self._evicted = 0
        self._departures = Departures()

    def show(self, report: Report) -> Touched:
        """Take in a report; return the channels whose state is another now."""
        with self._lock:
            self._book.write(report.events)
            self._let_go(report.departed)
            concerned = [
                row
                for event in report.events
                for row in self._last.turn(event.device, event.channel, event.at, self._book.verdict_of)
            ]
            entered = self._last.enter(report, self._book.verdict_of)
            for key in self._last.keys_of(entered.came):
                self._departures.settle(key)
            if report.ticks:
                self._sweep(report.ticks[-1].at)
            rows, turned = entered.rows, entered.turned
            if concerned:
                others = set(concerned).difference(rows.tolist())
                rows = np.concatenate([rows, np.array(sorted(others), np.intp)])
                turned = np.concatenate([turned, np.array(concerned, np.intp)])
            awake = self._last.awake(rows, turned)
            return Touched(self._last.keys_of(awake), set(self._last.keys_of(turned)), report.departed)

    def rest(self, key: ChannelKey) -> None:
        """Leave a channel out of what reports touch until it turns, or is woken: others were told its state just now."""
        with self._lock:
            self._last.rest(key)

    def wake(self, key: ChannelKey) -> bool:
        """Let a channel rest no more; return whether its state is another since."""
        with self._lock:
            return self._last.wake(key)

    def wake_all(self) -> None:
        """Let no channel rest: who was told their states is another now."""
        with self._lock:
            self._last.wake_all()

    def recall(self, events: Iterable[AlertEvent]) -> None:
        """Show alert events of before the start."""
        with self._lock:
            self._book.recall(events)

    def freeze(self) -> dict[str, Any]:
        """Return all that is remembered as JSON has it; for the thread that writes, which needs no lock to read."""
        devices, columns = self._last.heard.columns()
        heard = [columns[name].tolist() for name in ("first", "last", "times")]
        return {
            "states": [list(state) for state in self._last.states(self._last.shown())],
            "heard": {device: list(times) for device, *times in zip(devices, *heard, strict=True)},
            "book": book_to_plain(self._book),
            "now": self._now,
            "swept": self._swept,
            "departures": list(self._departures),
        }

    def restore(self, frozen: Mapping[str, Any], entry_of: Callable[[ChannelKey], int | None]) -> None:
        """Show again what was shown when this was frozen, of the channels that still have a `sensors` entry."""
        book, states = book_from_plain(frozen["book"]), list[ChannelState]()
        for device, channel, _, at, value, stage, *numbers, verdict, since in frozen["states"]:
            entry, told = entry_of((device, channel)), None if verdict is None else Verdict(verdict)
            if entry is not None:
                row = (device, channel, entry, at, value, Stage(stage), *numbers, told, since)
                states.append(ChannelState._make(row))
        last = LastStates()
        last.restore(states, frozen["heard"])
        with self._lock:
            self._book, self._last = book, last
            self._now, self._swept = EventTime(frozen["now"]), EventTime(frozen["swept"])
            self._departures = Departures(frozen.get("departures", ()))

    def state(self, key: ChannelKey) -> ChannelState | None:
        """Return the last state of a channel, or None when it is unknown or gone."""
        with self._lock:
            return self._last.state(key)

    def channels(self) -> list[ChannelKey]:
        """Return all channels whose state others are to know, or to forget: those that were let go come last."""
        with self._lock:
            return [*self._last.keys_of(self._last.shown()), *self._departures]

    def forgotten(self, keys: Iterable[ChannelKey]) -> None:
        """Note that others have forgotten the states of channels that were let go."""
        with self._lock:
            for key in keys:
                self._departures.settle(key)

    def devices(self) -> dict[str, tuple[str, ...]]:
        """Return every device ever heard with its channels: without any, it is gone."""
        with self._lock:
            return self._last.devices()

    def lasting(self) -> frozenset[str]:
        """Return the ids of the alerts that are open."""
        with self._lock:
            return frozenset(event.id for event in self._book.open)

    def fleet(self) -> Fleet:
        """Return one consistent picture of everything."""
        census = self.census
        progress, skills = census.standing.progress(), census.standing.skills()
        with self._lock:
            states = self._last.states(self._last.shown())
            devices, heard = self._last.heard.columns()
            opened, recent, evicted = dict(self._book.opened), tuple(self._book.recent), self._evicted
            still_open = self._book.open
        last_seen = dict(zip(devices, map(EventTime, heard["last"].tolist()), strict=True))
        return Fleet(states, last_seen, still_open, recent, opened, census, progress, skills, evicted)

    def _let_go(self, departed: Iterable[ChannelKey]) -> None:
        """Forget devices, all of whose channels these are."""
        for key in departed:
            self._evicted += self._last.forget(key)
            self._departures.went(key)

    def _sweep(self, now: EventTime) -> None:
        """Once a minute of stream time, let go of the channels of devices that are gone."""
        self._now = max(self._now, now)
        if self._now - self._swept >= SWEEP_EVERY_S * MICROSECONDS:
            self._swept = self._now
            self._last.sweep(self._now)
