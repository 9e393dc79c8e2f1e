"""The last state of every channel, and when every device was heard, as columns: a row each.

In: the engine's reports. Out: rows that turned; one channel's state, or those of all. Not thread-safe, its owner holds the lock.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS, EventTime, Stage, Verdict
from detector.readings import Names, Readings
from detector.report import Report
from detector.state.block import Block

GONE_AFTER_S: Final = 3600.0
GONE_AFTER_GAPS: Final = 10
"""A device is gone when it was not heard for an hour and for ten of its mean gaps, whichever is longer."""

STAGES: Final = tuple(Stage)
VERDICTS: Final[tuple[Verdict | None, ...]] = (None, *Verdict)
"""By code."""

NO_ROW: Final = -1

PLAIN: Final = (
    "entry",
    "at",
    "value",
    "stage",
    "steps_left",
    "forecast_known",
    "expected",
    "lower",
    "upper",
    "score",
    "anomalous",
    "verdict",
    "since",
)
"""Columns of which a state is made."""

ChannelKey = tuple[str, str]
"""Device and channel."""
Rows = NDArray[np.intp]


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


class StateBlock(Block):
    """The fields of `ChannelState` (N,), codes for words; `shown`, whether the channel is there; `forecast_known`, whether it has a forecast."""

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

    def __init__(self) -> None:
        """Start without rows."""
        whole = dict.fromkeys(("entry", "at", "since"), ((), np.int64, 0))
        numbers = dict.fromkeys(("value", "expected", "lower", "upper", "score"), ((), np.float64, 0))
        codes = dict.fromkeys(("stage", "anomalous", "verdict"), ((), np.int8, 0))
        flags = dict.fromkeys(("shown", "forecast_known"), ((), np.bool_, 0))
        super().__init__(
            {**whole, **numbers, **codes, **flags, "device": ((), np.intp, 0), "steps_left": ((), np.int32, 0)}
        )


class HeardBlock(Block):
    """When devices were heard (D,): first and last, event times; how many times."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    times: NDArray[np.int64]

    def __init__(self) -> None:
        """Start without rows."""
        super().__init__(dict.fromkeys(("first", "last", "times"), ((), np.int64, 0)))


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
        self._block, self._heard = StateBlock(), HeardBlock()
        self._keys: list[ChannelKey] = []
        """Whose each row is; of a free row, whose it was."""
        self._row_of: dict[ChannelKey, int] = {}
        """In order of first sight."""
        self._device_row: dict[str, int] = {}
        self._rows_of: dict[str, list[int]] = {}
        self._free: tuple[list[int], list[int]] = ([], [])
        """Rows of channels and of devices that were let go."""
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
        block.entry[rows], block.anomalous[rows] = readings.names.entry_of[numbers], side
        for name in ("stage", "steps_left", "forecast_known", "expected", "lower", "upper", "score"):
            getattr(block, name)[rows] = getattr(report, name)[newest]
        self._hear(block.device[rows], at_us)
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

    def sweep(self, now: EventTime) -> None:
        """Show no channel any more of a device that is gone by now."""
        heard = self._heard
        mean_gap = (heard.last - heard.first) // np.maximum(heard.times - 1, 1)
        gone = heard.last + np.maximum(int(GONE_AFTER_S * MICROSECONDS), GONE_AFTER_GAPS * mean_gap) < now
        self._block.shown &= ~gone[self._block.device]

    def forget(self, key: ChannelKey) -> bool:
        """Let a channel go, and its device with the last of its channels; return whether that was it.

        A device that was gone before a restart has no channels here, and goes with any of those that it had.
        """
        row, rows = self._row_of.pop(key, None), self._rows_of.get(key[0], [])
        if row is not None:
            self._names = None
            self._block.begin(np.array([row]))
            self._free[0].append(row)
            rows.remove(row)
        if rows or key[0] not in self._device_row:
            return False
        self._rows_of.pop(key[0], None)
        self._free[1].append(self._device_row.pop(key[0]))
        return True

    def keys_of(self, rows: Rows) -> list[ChannelKey]:
        """Return whose rows they are."""
        return [self._keys[row] for row in rows.tolist()]

    def shown(self) -> Rows:
        """Return the rows of the channels that are there, in order of first sight."""
        rows = np.fromiter(self._row_of.values(), np.intp, len(self._row_of))
        return rows[self._block.shown[rows]]

    def states(self, rows: Rows) -> "States":
        """Return the states of some rows, as they are now."""
        return States(self.keys_of(rows), {name: array[rows] for name, array in self._block.arrays().items()})

    def state(self, key: ChannelKey) -> ChannelState | None:
        """Return the last state of a channel, or None when it is unknown or gone."""
        row = self._row_of.get(key)
        return None if row is None or not self._block.shown[row] else self.states(np.array([row]))[0]

    def devices(self) -> dict[str, tuple[str, ...]]:
        """Return every device that was heard, with the channels of it that are there."""
        shown = self._block.shown
        return {
            device: tuple(self._keys[row][1] for row in self._rows_of.get(device, ()) if shown[row])
            for device in self._device_row
        }

    def heard(self) -> tuple[list[str], Mapping[str, NDArray[np.int64]]]:
        """Return every device that was heard, and when: the columns of `HeardBlock`."""
        rows = np.fromiter(self._device_row.values(), np.intp, len(self._device_row))
        return list(self._device_row), {name: getattr(self._heard, name)[rows] for name in ("first", "last", "times")}

    def restore(self, states: Iterable[ChannelState], heard: Mapping[str, Sequence[int]]) -> None:
        """Take back what was remembered of channels and devices; for one that knows none."""
        for device, times in heard.items():
            row = self._add_device(device)
            self._heard.first[row], self._heard.last[row], self._heard.times[row] = times
        for state in states:
            row = self._add((state.device, state.channel))
            known = {**state._asdict(), "forecast_known": state.expected is not None, "shown": True}
            known["verdict"] = VERDICTS.index(state.verdict)
            for name in self._block.arrays().keys() - {"device"}:
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
        free = self._free[0]
        row = self._row_of[key] = free.pop() if free else len(self._keys)
        if row == len(self._keys):
            self._keys.append(key)
        self._keys[row] = key
        self._block.grow(len(self._keys))
        self._block.device[row] = self._add_device(key[0])
        self._rows_of.setdefault(key[0], []).append(row)
        return row

    def _add_device(self, device: str) -> int:
        """Return the row of a device; a new one if it has none."""
        row = self._device_row.get(device)
        if row is None:
            free = self._free[1]
            row = self._device_row[device] = free.pop() if free else len(self._device_row)
            self._heard.grow(row + 1)
            self._heard.begin(np.array([row]))
        return row

    def _hear(self, devices: Rows, at_us: NDArray[np.int64]) -> None:
        """Note when devices were heard; the readings of one message are one time."""
        heard = self._heard
        who, first, whose = np.unique(devices, return_index=True, return_inverse=True)
        at_once = at_us[first]
        if (at_us == at_once[whose]).all():
            new = heard.times[who] == 0
            heard.first[who[new]] = at_once[new]
            later = new | (at_once > heard.last[who])
            heard.last[who[later]] = at_once[later]
            heard.times[who[later]] += 1
        else:
            for device, at in zip(devices.tolist(), at_us.tolist(), strict=True):
                if not heard.times[device]:
                    heard.first[device] = at
                if not heard.times[device] or at > heard.last[device]:
                    heard.last[device], heard.times[device] = at, heard.times[device] + 1


class States(Sequence[ChannelState]):
    """States of some channels as of one moment, each made when it is asked for."""

    def __init__(self, keys: list[ChannelKey], columns: Mapping[str, NDArray[Any]]) -> None:
        """Take columns."""
        self._keys, self._columns = keys, columns

    @property
    def keys(self) -> Sequence[ChannelKey]:
        """Return whose states they are, in order."""
        return self._keys

    def at(self, places: Sequence[int]) -> "States":
        """Return those at these places."""
        rows = np.array(places, np.intp)
        return States(
            [self._keys[place] for place in places], {name: column[rows] for name, column in self._columns.items()}
        )

    def numbers(self, name: str) -> list[float | None]:
        """Return one number of every state, None where it is not known, without making the states."""
        values: list[float | None] = self._columns[name].tolist()
        if name in ("expected", "lower", "upper"):
            known = self._columns["forecast_known"]
        elif name == "score":
            known = self._columns["stage"] == Stage.SCORED
        else:
            return values
        return [value if is_known else None for value, is_known in zip(values, known.tolist(), strict=True)]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> ChannelState: ...
    @overload
    def __getitem__(self, place: slice) -> "States": ...
    def __getitem__(self, place: int | slice) -> "ChannelState | States":
        """Return one state, or a stretch of them."""
        some = place if isinstance(place, slice) else slice(place, place + 1)
        stretch = States(self._keys[some], {name: column[some] for name, column in self._columns.items()})
        return stretch if isinstance(place, slice) else next(iter(stretch))

    def __iter__(self) -> Iterator[ChannelState]:
        """Iterate over the states."""
        plain = {name: self._columns[name].tolist() for name in PLAIN}
        for (device, channel), entry, at, value, stage, left, known, expected, lower, upper, score, side, verdict, since in zip(
            self._keys, *plain.values(), strict=True
        ):  # fmt: skip
            yield ChannelState(
                device,
                channel,
                entry,
                at,
                value,
                STAGES[stage],
                left,
                expected if known else None,
                lower if known else None,
                upper if known else None,
                score if stage == Stage.SCORED else None,
                side,
                VERDICTS[verdict],
                since,
            )

    def __eq__(self, other: object) -> bool:
        """Tell whether the same states stand in the same order."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]
