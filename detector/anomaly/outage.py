"""The outage rule: where most devices of one kind fall quiet together, that is one link or gateway, and not each of them.

In: at a tick, who is quiet for how long against their limits, by `sensors` entry. Out: outages that began or ended, and which
devices they stand for. An outage is nothing but its devices being marked with it, so there is nothing else to remember.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.state.rows import Mask, Slots

LEAST = 5
"""Devices of an entry that have a habit; fewer are told one by one."""

SHARE = 0.5
"""Share of them that is quiet in an outage."""

LATE_AT = 0.5
"""From this share of its limit on, a device counts as quiet beside one that has reached it: their limits differ, their link does not."""


@dataclass(frozen=True, eq=False, slots=True)
class Fleet:
    """The devices at a tick. Shapes: (N,)."""

    entry: NDArray[np.intp]
    judged: Mask
    """Those that have a habit and were not told silent on their own account."""
    late: Mask
    """Those quiet for more than `LATE_AT` of their limit."""
    overdue: Mask
    """Those that would be told silent now."""
    covered: Mask
    """Those that an outage stands for already."""


@dataclass(frozen=True, eq=False, slots=True)
class Outages:
    """What became of outages at a tick. Shapes: began, ended (E,) entries; quiet, judged (entries,) counts; covered (N,)."""

    began: Slots
    ended: Slots
    quiet: NDArray[np.int64]
    judged: NDArray[np.int64]
    covered: Mask
    """Devices that an outage stands for from now on."""


def find_outages(fleet: Fleet) -> Outages:
    """Return the outages that begin, because a device is overdue that is not alone with it, and those that end."""
    entries = int(fleet.entry.max(initial=-1)) + 1

    def count(devices: Mask) -> NDArray[np.int64]:
        """Return how many of these devices each entry has."""
        return np.bincount(fleet.entry[devices], minlength=entries)

    judged, quiet = count(fleet.judged), count(fleet.judged & fleet.late)
    common = (judged >= LEAST) & (quiet >= SHARE * judged)
    before = count(fleet.covered) > 0
    now = common & (before | (count(fleet.overdue) > 0))
    covered = now[fleet.entry] & fleet.judged & fleet.late
    return Outages((now & ~before).nonzero()[0], (before & ~now).nonzero()[0], quiet, judged, covered)
