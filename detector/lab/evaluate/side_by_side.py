"""Lets independent streams run side by side in one engine, so that they share the cost of its array calls.

In: copies of a site that differ in a few readings, or recordings that have nothing to do with one another. Out: readings
and batches in which each of them is a `sensors` entry of its own; and what was said, told apart again. The engine's
rows do not depend on their company, so what is said of each is what would be said of it alone; laws hold that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS, EventTime, Reading
from detector.lab.tally import Opened
from detector.readings import Names, Readings
from detector.report import Batch

WEEK: Final = 7 * 86_400 * MICROSECONDS

Changes = Mapping[int, float | None]
"""Where a copy differs from the site: the places of readings, and their values there; None: the reading is lost."""


def own_name(entry: int, device: str) -> str:
    """Return what a device of an entry is called beside those of the others."""
    return f"{entry:03d}/{device}"


def copied(batches: Iterable[Batch], copies: Sequence[Changes]) -> Iterator[Batch]:
    """Yield a site's batches with each reading once for every copy; ticks fall where they fell between its moments."""
    own_names = [_Names(entry) for entry in range(len(copies))]
    names, place = Names(), 0
    for batch in batches:
        until = [0]
        readings, moments = list[Reading](), list[int]()
        for (device, channel, at, value, _), now in zip(batch.readings, batch.now_us.tolist(), strict=True):
            for entry, changes in enumerate(copies):
                shown = changes.get(place, value)
                if shown is not None:
                    readings.append(Reading(own_names[entry][device], channel, at, shown, entry))
            moments += [now] * (len(readings) - until[-1])
            until.append(len(readings))
            place += 1
        ticks = tuple(tick._replace(before=until[tick.before]) for tick in batch.ticks)
        yield replace(batch, readings=Readings.of(readings, names), ticks=ticks, now_us=np.array(moments, np.int64))


class _Names(dict[str, str]):
    """The devices of one entry, each name made once."""

    def __init__(self, entry: int) -> None:
        """Start without names."""
        super().__init__()
        self._entry = entry

    def __missing__(self, device: str) -> str:
        """Make a name."""
        name = self[device] = own_name(self._entry, device)
        return name


def abreast(recordings: Sequence[Sequence[Reading]]) -> tuple[list[Reading], NDArray[np.intp]]:
    """Return the readings of recordings as one stream, and of which recording each is, shape (T,).

    Each is moved by whole weeks, so that all begin in one week and hours of the day and week stay. Its order stays
    as well: a late reading comes when it came.
    """
    moved = [_in_first_week(entry, readings) for entry, readings in enumerate(recordings)]
    entry = np.repeat(np.arange(len(moved)), [len(readings) for readings in moved])
    arrival = [np.maximum.accumulate(np.array([one.at for one in readings], np.int64)) for readings in moved]
    order = np.argsort(np.concatenate(arrival), kind="stable")
    stream = [reading for readings in moved for reading in readings]
    return [stream[place] for place in order.tolist()], entry[order]


def _in_first_week(entry: int, readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings of a recording, moved by whole weeks into the first one of all time."""
    weeks = readings[0].at // WEEK * WEEK if readings else 0
    names = _Names(entry)
    return [Reading(names[one.device], one.channel, EventTime(one.at - weeks), one.value, entry) for one in readings]


def told_apart(alerts: Iterable[Opened], entries: int) -> list[list[Opened]]:
    """Return the alerts of each entry, its devices called what they were."""
    apart: list[list[Opened]] = [[] for _ in range(entries)]
    for alert in alerts:
        entry, _, device = alert.device.partition("/")
        apart[int(entry)].append(alert._replace(device=device, summary=alert.summary.replace(alert.device, device)))
    return apart
