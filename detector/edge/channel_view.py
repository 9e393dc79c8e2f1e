"""The last state of every channel, for the metrics, the retained states and the page.

In: the engine's reports, from the scoring worker. Out: `Fleet`, one consistent picture, for any thread. Channels of a
device that is long gone are left out: a dead device must not show its last value for ever.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from detector.domain import MICROSECONDS, AlertEvent, EventTime, Severity, Stage, Verdict
from detector.edge.alert_book import AlertBook
from detector.edge.frozen_view import book_from_plain, book_to_plain
from detector.report import Census, Progress, Report

GONE_AFTER_S: Final = 3600.0
GONE_AFTER_GAPS: Final = 10
"""A device is gone when it was not heard for an hour and for ten of its mean gaps, whichever is longer."""

IN_ORDER: Final = (Stage.WARMING_UP, Stage.CALIBRATING, Stage.SCORED)
"""Stages of readings that are the newest of their channel."""

STAGES: Final = tuple(Stage)
"""By code."""

SWEEP_EVERY_S: Final = 60.0
"""Stream time between two looks for devices that are gone."""

NOBODY: Final = Census(devices=0, channels=0, learning=0, episodes_open=dict.fromkeys(Verdict, 0), budget_used=0.0)
"""A fleet before the first reading."""

ChannelKey = tuple[str, str]
"""Device and channel."""


class ChannelState(NamedTuple):
    """What is known of a channel after its last reading; None is `not known`, never a number."""

    device: str
    channel: str
    entry: int
    """Index of the `sensors` entry it came through."""
    at: EventTime
    value: float
    stage: Stage
    steps_left: int
    """Readings until the next stage, while warming up or calibrating."""
    expected: float | None
    lower: float | None
    upper: float | None
    score: float | None
    anomalous: int
    """1 above, -1 below, 0 neither."""
    verdict: Verdict | None
    """Of the gravest open episode of the channel or its device."""
    since: EventTime
    """Event time since when `anomalous` and `verdict` stand as they do."""


@dataclass(slots=True)
class _Heard:
    """When a device was heard, and which channels it has."""

    first: EventTime
    last: EventTime
    times: int
    channels: list[str]

    def gone_at(self) -> EventTime:
        """Return the event time after which the device counts as gone."""
        mean_gap = (self.last - self.first) // max(1, self.times - 1)
        return EventTime(self.last + max(int(GONE_AFTER_S * MICROSECONDS), GONE_AFTER_GAPS * mean_gap))


class Touched(NamedTuple):
    """What a report changed in the view."""

    keys: list[ChannelKey]
    turned: set[ChannelKey]
    """Those of which side or verdict is another than before."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """One consistent picture of all devices; immutable, so it may be read without haste."""

    states: tuple[ChannelState, ...]
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


class ChannelView:
    """Written by the scoring worker, read by anyone."""

    def __init__(self) -> None:
        """Start with no device."""
        self.census = NOBODY
        """What the engine says of the fleet as a whole; the worker renews it."""
        self._lock = threading.Lock()
        self._states: dict[ChannelKey, ChannelState] = {}
        self._heard: dict[str, _Heard] = {}
        self._book = AlertBook()
        self._now = EventTime(0)
        self._swept = EventTime(0)

    def show(self, report: Report) -> Touched:
        """Take in a report; return the channels whose state is another now."""
        touched = Touched([], set())
        with self._lock:
            self._book.write(report.events)
            for row in _rows_in_order(report):
                self._enter(row, touched)
            for event in report.events:
                self._turn(event, touched)
            if report.ticks:
                self._sweep(report.ticks[-1].at)
        return touched

    def recall(self, events: Iterable[AlertEvent]) -> None:
        """Show alert events of before the start."""
        with self._lock:
            self._book.recall(events)

    def freeze(self) -> dict[str, Any]:
        """Return all that is remembered as JSON has it; for the thread that writes, which needs no lock to read."""
        return {
            "states": [list(state) for state in self._states.values()],
            "heard": {device: [heard.first, heard.last, heard.times] for device, heard in self._heard.items()},
            "book": book_to_plain(self._book),
            "now": self._now,
            "swept": self._swept,
        }

    def restore(self, frozen: Mapping[str, Any], entry_of: Callable[[ChannelKey], int | None]) -> None:
        """Show again what was shown when this was frozen, of the channels that still have a `sensors` entry."""
        book, states = book_from_plain(frozen["book"]), dict[ChannelKey, ChannelState]()
        heard = {
            device: _Heard(EventTime(first), EventTime(last), times, [])
            for device, (first, last, times) in frozen["heard"].items()
        }
        for device, channel, _, at, value, stage, *numbers, verdict, since in frozen["states"]:
            entry, told = entry_of((device, channel)), None if verdict is None else Verdict(verdict)
            if entry is not None:
                row = (device, channel, entry, at, value, Stage(stage), *numbers, told, since)
                states[device, channel] = ChannelState._make(row)
                heard[device].channels.append(channel)
        with self._lock:
            self._book, self._states, self._heard = book, states, heard
            self._now, self._swept = EventTime(frozen["now"]), EventTime(frozen["swept"])

    def state(self, key: ChannelKey) -> ChannelState | None:
        """Return the last state of a channel, or None when it is unknown or gone."""
        with self._lock:
            return self._states.get(key)

    def devices(self) -> dict[str, tuple[str, ...]]:
        """Return every device ever heard with its channels: without any, it is gone."""
        with self._lock:
            return {device: tuple(heard.channels) for device, heard in self._heard.items()}

    def lasting(self) -> frozenset[str]:
        """Return the ids of the alerts that are open."""
        with self._lock:
            return frozenset(event.id for event in self._book.open)

    def fleet(self) -> Fleet:
        """Return one consistent picture of everything."""
        census = self.census
        progress, skills = census.standing.progress(), census.standing.skills()
        with self._lock:
            return Fleet(
                states=tuple(self._states.values()),
                last_seen={device: heard.last for device, heard in self._heard.items()},
                open=self._book.open,
                recent=tuple(self._book.recent),
                opened=dict(self._book.opened),
                census=census,
                progress=progress,
                skills=skills,
            )

    def _enter(self, row: ChannelState, touched: Touched) -> None:
        """Put a row in the place of its channel's last state; `since` goes on while side and verdict stay."""
        key = (row.device, row.channel)
        before = self._states.get(key)
        verdict = self._book.verdict_of(*key)
        goes_on = before is not None and before.anomalous == row.anomalous and before.verdict is verdict
        since = before.since if before is not None and goes_on else row.at
        self._states[key] = ChannelState._make((*row[:-2], verdict, since))  # cheaper than `_replace`, once a reading
        touched.keys.append(key)
        if not goes_on:
            touched.turned.add(key)
        heard = self._heard.get(row.device)
        if heard is None:
            heard = self._heard[row.device] = _Heard(row.at, row.at, 0, [])
        if before is None:
            heard.channels.append(row.channel)
        if row.at > heard.last or not heard.times:
            heard.last, heard.times = row.at, heard.times + 1

    def _turn(self, event: AlertEvent, touched: Touched) -> None:
        """Give the channels that an event concerns their verdict, also those without a reading in the batch."""
        heard = self._heard.get(event.device)
        channels = [event.channel] if event.channel is not None else heard.channels if heard else []
        for channel in channels:
            key = (event.device, channel)
            before = self._states.get(key)
            verdict = self._book.verdict_of(*key)
            if before is not None and before.verdict is not verdict:
                self._states[key] = before._replace(verdict=verdict, since=event.at)
                touched.keys.append(key)
                touched.turned.add(key)

    def _sweep(self, now: EventTime) -> None:
        """Once a minute of stream time, let go of the channels of devices that are gone."""
        self._now = max(self._now, now)
        if self._now - self._swept < SWEEP_EVERY_S * MICROSECONDS:
            return
        self._swept = self._now
        for device, heard in self._heard.items():
            if heard.channels and heard.gone_at() < self._now:
                for channel in heard.channels:
                    del self._states[device, channel]
                heard.channels.clear()


def _rows_in_order(report: Report) -> Iterator[ChannelState]:
    """Yield the report's rows that are the newest of their channel, without verdict and `since` yet."""
    numbers = (report.expected, report.lower, report.upper, report.score)
    codes = (report.stage, report.steps_left, report.forecast_known, report.anomalous)
    lists = (
        column.tolist() for column in (*codes, *numbers)
    )  # plain numbers, all at once: much faster than one by one
    for reading, stage, left, known, anomalous, expected, lower, upper, score in zip(
        report.readings, *lists, strict=True
    ):
        if stage in IN_ORDER:
            yield ChannelState(
                device=reading.device,
                channel=reading.channel,
                entry=reading.entry,
                at=reading.at,
                value=reading.value,
                stage=STAGES[stage],
                steps_left=left,
                expected=expected if known else None,
                lower=lower if known else None,
                upper=upper if known else None,
                score=score if stage == Stage.SCORED else None,
                anomalous=anomalous,
                verdict=None,
                since=reading.at,
            )
