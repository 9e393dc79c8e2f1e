"""The last state of every channel, as columns: a row each; and when every device was heard.

In: the engine's reports. Out: rows that turned; one channel's state, or those of all. Not thread-safe, its owner holds the lock.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.domain import EventTime, Stage, Verdict
from detector.edge.channel_state import PLAIN, VERDICTS, ChannelKey, ChannelState, States, state_of
from detector.edge.heard import Heard
from detector.readings import Names, Readings
from detector.report import Report
from detector.state.block import Block

NO_ROW: Final = -1

NOT_OF_STATE: Final = frozenset(("device", "resting", "news"))
"""Columns that are no part of what was heard."""

Rows = NDArray[np.intp]


class StateBlock(Block):
    """The fields of `ChannelState` (N,), codes for words, and what else is known of a channel.

    `shown`: whether it is there; `forecast_known`: whether it has a forecast; `resting`: whether its state was told others lately,
    and `news`: whether it is another since.
    """

    device: Rows
    shown: NDArray[np.bool_]
    entry: NDArray[np.int64]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    stage: NDArray[np.int8]
    steps_left: NDArray[np.int32]
    forecast_known: NDArray[np.bool_]
    expected: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    anomalous: NDArray[np.int8]
    verdict: NDArray[np.int8]
    since: NDArray[np.int64]
    resting: NDArray[np.bool_]
    news: NDArray[np.bool_]

    def __init__(self) -> None:
        """Start without rows."""
        whole = dict.fromkeys(("entry", "at", "since"), ((), np.int64, 0))
        numbers = dict.fromkeys(("value", "expected", "lower", "upper", "score"), ((), np.float64, 0))
        codes = dict.fromkeys(("stage", "anomalous", "verdict"), ((), np.int8, 0))
        flags = dict.fromkeys(("shown", "forecast_known", "resting", "news"), ((), np.bool_, 0))
        super().__init__(
            {**whole, **numbers, **codes, **flags, "device": ((), np.intp, 0), "steps_left": ((), np.int32, 0)}
        )


class Entered(NamedTuple):
    """What the readings of a report did."""

    rows: Rows
    """Of their channels, in order."""
    turned: Rows
    """Those of them of which the side is another than before, or that are there for the first time, or again."""
    came: Rows
    """Those that are there for the first time, or again."""


VerdictOf = Callable[[str, str], Verdict | None]
"""The verdict of the gravest open episode of a device's channel."""


class LastStates:
    """Everything that was heard last."""

    def __init__(self) -> None:
        """Start with no channel."""
        self.heard = Heard()
        self._block = StateBlock()
        self._keys: list[ChannelKey] = []
        """Whose each row is; of a free row, whose it was."""
        self._row_of: dict[ChannelKey, int] = {}
        """In order of first sight."""
        self._rows_of: dict[str, list[int]] = {}
        """Of each device that has some."""
        self._free: list[int] = []
        self._names: Names | None = None
        self._found = np.full(0, NO_ROW, np.intp)
        """Rows by the numbers of channels among these names."""

    def enter(self, report: Report, verdict_of: VerdictOf) -> Entered:
        """Take in the readings of a report that are the newest of their channels."""
        newest = (report.stage <= Stage.SCORED).nonzero()[0]
        readings, block = report.readings, self._block
        rows = self._find(readings, newest)
        at_us, side, numbers = readings.at_us[newest], report.anomalous[newest], readings.numbers[newest]
        came = ~block.shown[rows]
        for row in rows[came].tolist():
            block.verdict[row] = VERDICTS.index(verdict_of(*self._keys[row]))
        turned = came | (block.anomalous[rows] != side)
        block.since[rows[turned]] = at_us[turned]
        block.shown[rows], block.at[rows], block.value[rows] = True, at_us, readings.values[newest]
        block.entry[rows], block.anomalous[rows] = readings.names.entries_of(numbers), side
        for name in ("stage", "steps_left", "forecast_known", "expected", "lower", "upper", "score"):
            getattr(block, name)[rows] = getattr(report, name)[newest]
        self.heard.hear(block.device[rows], at_us)
        return Entered(rows, rows[turned], rows[came])

    def turn(self, device: str, channel: str | None, at: EventTime, verdict_of: VerdictOf) -> list[int]:
        """Give the channels that an event concerns, all of a device where None, their verdict; return the rows that it turned."""
        found = self._rows_of.get(device, []) if channel is None else [self._row_of.get((device, channel), NO_ROW)]
        turned = list[int]()
        for row in found:
            if row != NO_ROW and self._block.shown[row]:
                code = VERDICTS.index(verdict_of(*self._keys[row]))
                if code != self._block.verdict[row]:
                    self._block.verdict[row], self._block.since[row] = code, at
                    turned.append(row)
        return turned

    def awake(self, rows: Rows, turned: Rows) -> Rows:
        """Return which of some rows, in which something is new, do not rest: those that `turned` wake up, the others have news."""
        block = self._block
        block.resting[turned] = False
        rests = block.resting[rows]
        block.news[rows[rests]] = True
        return rows[~rests]

    def rest(self, key: ChannelKey) -> None:
        """Let a channel rest, if it is known: its state was told just now."""
        row = self._row_of.get(key)
        if row is not None:
            self._block.resting[row], self._block.news[row] = True, False

    def wake(self, key: ChannelKey) -> bool:
        """Let a channel rest no more; return whether there is news of it."""
        row = self._row_of.get(key)
        if row is None:
            return False
        news = bool(self._block.news[row])
        self._block.resting[row] = self._block.news[row] = False
        return news

    def wake_all(self) -> None:
        """Let no channel rest."""
        self._block.resting[:] = self._block.news[:] = False

    def sweep(self, now: EventTime) -> None:
        """Show no channel any more of a device that is gone by now."""
        self._block.shown &= ~self.heard.gone(now)[self._block.device]

    def forget(self, key: ChannelKey) -> bool:
        """Let a channel go, and its device with the last of its channels; return whether that was it.

        A device that was gone before a restart has no channels here, and goes with any of those that it had.
        """
        row, rows = self._row_of.pop(key, None), self._rows_of.get(key[0], [])
        if row is not None:
            self._names = None
            self._block.begin(np.array([row]))
            self._free.append(row)
            rows.remove(row)
        if rows:
            return False
        self._rows_of.pop(key[0], None)
        return self.heard.forget(key[0])

    def keys_of(self, rows: Rows) -> list[ChannelKey]:
        """Return whose rows they are."""
        return [self._keys[row] for row in rows.tolist()]

    def shown(self) -> Rows:
        """Return the rows of the channels that are there, in order of first sight."""
        rows = np.fromiter(self._row_of.values(), np.intp, len(self._row_of))
        return rows[self._block.shown[rows]]

    def states(self, rows: Rows) -> States:
        """Return the states of some rows, as they are now."""
        return States(self.keys_of(rows), {name: array[rows] for name, array in self._block.arrays().items()})

    def state(self, key: ChannelKey) -> ChannelState | None:
        """Return the last state of a channel, or None when it is unknown or gone."""
        row = self._row_of.get(key)
        if row is None or not self._block.shown[row]:
            return None
        return state_of(self._keys[row], [getattr(self._block, name)[row].item() for name in PLAIN])

    def devices(self) -> dict[str, tuple[str, ...]]:
        """Return every device that was heard, with the channels of it that are there."""
        shown = self._block.shown
        return {
            device: tuple(self._keys[row][1] for row in self._rows_of.get(device, ()) if shown[row])
            for device in self.heard
        }

    def restore(self, states: Iterable[ChannelState], heard: Mapping[str, Sequence[int]]) -> None:
        """Take back what was remembered of channels and devices; for one that knows none."""
        self.heard.restore(heard)
        for state in states:
            row = self._add((state.device, state.channel))
            known = {**state._asdict(), "forecast_known": state.expected is not None, "shown": True}
            known["verdict"] = VERDICTS.index(state.verdict)
            for name in self._block.arrays().keys() - NOT_OF_STATE:
                value = known[name]
                getattr(self._block, name)[row] = np.nan if value is None else value

    def _find(self, readings: Readings, places: Rows) -> Rows:
        """Return the rows of the channels of some readings; make those that there are not."""
        names = readings.names
        if names is not self._names:
            self._names, self._found = names, np.full(len(names), NO_ROW, np.intp)
        elif len(self._found) < len(names):
            self._found = np.concatenate([self._found, np.full(len(names), NO_ROW, np.intp)])
        channels = readings.channels[places]
        for place in (self._found[channels] == NO_ROW).nonzero()[0].tolist():
            device, channel, _ = names[int(readings.numbers[places[place]])]
            row = self._row_of.get((device, channel))
            self._found[channels[place]] = self._add((device, channel)) if row is None else row
        rows: Rows = self._found[channels]
        return rows

    def _add(self, key: ChannelKey) -> int:
        """Give a channel a row."""
        row = self._row_of[key] = self._free.pop() if self._free else len(self._keys)
        if row == len(self._keys):
            self._keys.append(key)
        self._keys[row] = key
        self._block.grow(len(self._keys))
        self._block.device[row] = self.heard.row(key[0])
        self._rows_of.setdefault(key[0], []).append(row)
        return row
