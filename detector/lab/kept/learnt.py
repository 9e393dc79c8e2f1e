"""What was learnt of every channel, as rows of a table.

In: what an engine remembered. Out: one row a channel: its figures by the names people know. What a snapshot has no column for
is left empty.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.episode import Lane
from detector.anomaly.organs import KINDS, Organ
from detector.domain import EventTime
from detector.state.frozen import Frozen
from detector.stream.timestamp import format_event_time

PLAIN: Final = {
    "readings": ("scale", "count"),
    "last_value": ("scale", "last"),
    "location": ("scale", "location"),
    "spread": ("scale", "deviation"),
    "step": ("scale", "step"),
    "cadence_s": ("scale", "cadence_s"),
    "alerts_of_period": ("thresholds", "used"),
}
"""Columns that are a block's own, by block and array."""

THRESHOLDS: Final = tuple(f"threshold_{organ.name.lower()}" for organ in Organ)

HEADER: Final = ("device", "channel", "entry", "last_at", *PLAIN, *THRESHOLDS, "silent", "open", "open_since")

Cell = str | float | int


def rows(frozen: Frozen) -> Iterator[tuple[Cell, ...]]:
    """Yield a row a channel, as `HEADER` names its cells; times in UTC, numbers in the channel's unit."""
    devices = _column(frozen, "alignment", "device")
    plain = [_column(frozen, *place).tolist() for place in PLAIN.values()]
    last_at = _column(frozen, "alignment", "last_at").tolist()
    thresholds = _column(frozen, "thresholds", "threshold").tolist()
    silent = _column(frozen, "silence", "silent").tolist()
    episodes = [_column(frozen, "episodes", name).tolist() for name in ("open", "kind", "onset")]
    for slot, (device, channel) in enumerate(frozen.channels):
        yield (
            device,
            channel,
            frozen.entries[slot],
            format_event_time(EventTime(last_at[slot])) if _happened(last_at[slot]) else "",
            *(column[slot] if column else "" for column in plain),
            *(thresholds[slot] if thresholds else [""] * len(THRESHOLDS)),
            int(silent[devices[slot]]) if silent else "",
            *_open(*(column[slot] for column in episodes)),
        )


def _column(frozen: Frozen, block: str, name: str) -> NDArray[np.generic]:
    """Return a column, without rows where there is none."""
    found = frozen.blocks.get(block)
    return np.zeros(0) if found is None else found.arrays.get(name, np.zeros(0))


def _happened(at_us: int) -> bool:
    """Tell a moment from the mark for none."""
    return at_us > np.iinfo(np.int64).min


def _open(is_open: list[bool], kind: list[int], onset: list[int]) -> tuple[str, str]:
    """Return the kinds of the open episodes of a channel, and since when the oldest is open."""
    lanes = [lane for lane in Lane if is_open[lane]]
    if not lanes:
        return "", ""
    return " ".join(KINDS[kind[lane]].value for lane in lanes), format_event_time(
        EventTime(min(onset[lane] for lane in lanes))
    )
