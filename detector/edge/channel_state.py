"""What is known of a channel after its last reading: one by one, or as columns of many.

In: columns. Out: `ChannelState`s, each made when it is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from detector.domain import EventTime, Stage, Verdict

STAGES: Final = tuple(Stage)
VERDICTS: Final[tuple[Verdict | None, ...]] = (None, *Verdict)
"""By code."""

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


def state_of(key: ChannelKey, plain: Sequence[Any]) -> ChannelState:
    """Return the state of a channel by its `PLAIN` columns."""
    entry, at, value, stage, left, known, expected, lower, upper, score, side, verdict, since = plain
    return ChannelState(
        *key,
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
        for key, *fields in zip(self._keys, *plain.values(), strict=True):
            yield state_of(key, fields)

    def __eq__(self, other: object) -> bool:
        """Tell whether the same states stand in the same order."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]
