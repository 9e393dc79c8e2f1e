"""The silence rule: a device that is quiet for longer than its own habit.

In: who spoke since the last tick, and how long the stream was awake. Out: devices that fell silent or spoke again, outages.
All of it moves at ticks only, so that how the stream is cut into batches changes nothing.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.outage import LATE_AT, Fleet, Outages, find_outages
from detector.domain import EventTime
from detector.settings import SensorSettings
from detector.state.block import Block, Keys
from detector.state.rows import Floats, Mask, Slots
from detector.state.slots import Slot

HABIT_GAPS = 20
"""Heard-again moments that make a habit."""

SHORTEST_S = 60.0
"""No device is called silent sooner, unless the operator says so."""

MEAN_GAPS, LONGEST_GAPS = 6.0, 2.5
"""Silence is strange beyond so many of a device's mean gaps and of its longest one."""

MEMORY_S = 56 * 86_400.0
"""Time over which the longest gap fades, so that a device that sleeps at night is known to."""

WATCHED_LIMITS = 4.0
"""A habit has been watched for so many times its limit: devices that speak only of changes are known first."""

CRITICAL_AT = 4.0
"""Silence of so many limits is critical."""

NEVER = np.iinfo(np.int64).min
"""Heard at no time: a device of this very batch that has yet to speak."""

WARNING, CRITICAL = 1, 2
"""Severities, as places in `SEVERITIES`."""


class SilenceBlock(Block):
    """Each device's habit of speaking.

    Columns (N,), a row a device: quiet_s so far; gaps, their mean_s, longest_s and watched_s in all; outage_s, the
    longest gap that was called silence; limit_s (NaN learns it); heard_at (µs); spoke since the tick; silent, its
    silent_since (µs) and severity, which outlast the silence; covered by an outage, which is told in its place; the entry of
    `sensors` that it came through.
    """

    keyed_by: ClassVar[Keys] = Keys.DEVICE

    quiet_s: Floats
    gaps: NDArray[np.int64]
    mean_s: Floats
    longest_s: Floats
    watched_s: Floats
    outage_s: Floats
    limit_s: Floats
    heard_at: NDArray[np.int64]
    spoke: NDArray[np.bool_]
    silent: NDArray[np.bool_]
    silent_since: NDArray[np.int64]
    severity: NDArray[np.int8]
    covered: NDArray[np.bool_]
    entry: NDArray[np.intp]

    def __init__(self) -> None:
        """Start without rows."""
        floats = dict.fromkeys(("quiet_s", "mean_s", "longest_s", "watched_s", "outage_s"), ((), np.float64, 0.0))
        super().__init__(
            {
                **floats,
                "limit_s": ((), np.float64, np.nan),
                "gaps": ((), np.int64, 0),
                "heard_at": ((), np.int64, NEVER),
                "spoke": ((), np.bool_, 0),
                "silent": ((), np.bool_, 0),
                "silent_since": ((), np.int64, 0),
                "severity": ((), np.int8, 0),
                "covered": ((), np.bool_, 0),
                "entry": ((), np.intp, 0),
            }
        )


@dataclass(frozen=True, eq=False, slots=True)
class OutageTurn:
    """An outage that began or ended."""

    entry: int
    ended: bool
    onset: EventTime
    quiet: int
    """Devices that are quiet now."""
    judged: int
    """Devices of the entry that could be."""


@dataclass(frozen=True, eq=False, slots=True)
class SilenceTurns:
    """What a tick found, as device slots: (S,) each; and outages, each told in the place of its devices."""

    opened: Slots
    worsened: Slots
    closed: Slots
    outages: tuple[OutageTurn, ...] = ()


class SilenceRule:
    """How long every device has been quiet, against its own habit."""

    def __init__(self) -> None:
        """Know no device."""
        self.block = SilenceBlock()

    def configure(self, devices: Slots | Slot, sensor: SensorSettings, entry: int = 0) -> None:
        """Take over the operator's word on when the silence of these devices matters, and by which `entry` they come."""
        self.block.entry[devices] = entry
        words = {"auto": np.nan, "never": np.inf}
        after = sensor.silent_after
        self.block.limit_s[devices] = words[after] if isinstance(after, str) else after

    def hear(self, devices: Slots, at_us: NDArray[np.int64]) -> None:
        """Note that devices spoke. Shapes (B,); a device may stand more than once."""
        self.block.spoke[devices] = True
        if len(devices):
            np.maximum.at(self.block.heard_at, devices, at_us)

    def away_s(self) -> Floats:
        """Return for how much awake stream each device was not heard. Shape (N,)."""
        block, count = self.block, len(self.block)
        return np.where(block.spoke[:count], 0.0, block.quiet_s[:count])

    def leave(self, goes: Mask) -> tuple[OutageTurn, ...]:
        """Return the outages that end because no device is left that they stand for, where these (N,) leave."""
        block, count = self.block, len(self.block)
        covered, entry = block.covered[:count], block.entry[:count]
        turns = []
        for one in np.setdiff1d(entry[covered & goes], entry[covered & ~goes]).tolist():
            since = block.silent_since[:count][covered & (entry == one)]
            turns.append(OutageTurn(one, True, EventTime(int(since[0])), len(since), len(since)))
        return tuple(turns)

    @property
    def open(self) -> int:
        """Return how many silences and outages there are now."""
        block, count = self.block, len(self.block)
        covered = block.covered[:count]
        return int((block.silent[:count] & ~covered).sum()) + len(np.unique(block.entry[:count][covered]))

    def limit_s(self) -> Floats:
        """Return the silence that is strange, for every device; infinite where it is not known. Shape (N,)."""
        block, count = self.block, len(self.block)
        habit = np.maximum(MEAN_GAPS * block.mean_s[:count], LONGEST_GAPS * block.longest_s[:count])
        watched = block.watched_s[:count] >= WATCHED_LIMITS * habit
        learnt = np.where(watched & (block.gaps[:count] >= HABIT_GAPS), np.maximum(habit, SHORTEST_S), np.inf)
        return np.where(np.isnan(block.limit_s[:count]), learnt, block.limit_s[:count])

    def tick(self, at: EventTime, span_s: float) -> SilenceTurns:
        """Let `span_s` of awake stream pass until `at`; return who fell silent, is silent for long, or spoke again."""
        block, count = self.block, len(self.block)
        quiet, spoke, silent = block.quiet_s[:count], block.spoke[:count], block.silent[:count]
        np.add(quiet, span_s, out=quiet, where=block.heard_at[:count] != NEVER)
        limit = self.limit_s()
        covered = block.covered[:count]
        closed = (spoke & silent & ~covered).nonzero()[0]
        outages = self._outages(at, limit)
        opened = (~(spoke | silent | covered) & (quiet > limit)).nonzero()[0]
        mild = block.severity[:count] < CRITICAL
        worsened = (~spoke & silent & ~covered & mild & (quiet > CRITICAL_AT * limit)).nonzero()[0]
        block.silent_since[opened] = np.minimum(block.heard_at[opened], at)
        block.severity[opened], block.severity[worsened] = WARNING, CRITICAL
        self._learn(spoke.nonzero()[0], limit)
        silent[spoke] = False
        silent[opened] = silent[covered] = True
        quiet[spoke] = 0.0
        spoke[:] = False
        return SilenceTurns(opened, worsened, closed, outages)

    def _outages(self, at: EventTime, limit_s: Floats) -> tuple[OutageTurn, ...]:
        """Mark the devices that an outage stands for, and let go of those for which it no longer does; return what to tell."""
        block, count = self.block, len(self.block)
        quiet, covered, silent = block.quiet_s[:count], block.covered[:count], block.silent[:count]
        away = ~block.spoke[:count]
        overdue = away & ~silent & (quiet > limit_s)
        if not (overdue.any() or covered.any()):
            return ()
        fleet = Fleet(
            entry=block.entry[:count],
            judged=np.isfinite(limit_s) & (~silent | covered),
            late=away & (quiet > LATE_AT * limit_s),
            overdue=overdue,
            covered=covered,
        )
        found = find_outages(fleet)
        turns = [self._turn(found, int(entry), covered, ended=True) for entry in found.ended]
        silent[covered & ~found.covered & away] = False  # these are told silent on their own account now
        new = found.covered & ~covered
        for entry in np.unique(fleet.entry[new]).tolist():
            of_it = fleet.entry == entry
            known, heard_at = block.silent_since[:count][of_it & covered], block.heard_at[:count][of_it & new]
            block.silent_since[:count][of_it & new] = known[0] if len(known) else min(heard_at.min(), at)
        covered[:] = found.covered
        return (*turns, *(self._turn(found, int(entry), covered, ended=False) for entry in found.began))

    def _turn(self, found: Outages, entry: int, covered: Mask, *, ended: bool) -> OutageTurn:
        """Return the turn of one entry's outage, whose devices are in `covered`."""
        count = len(self.block)
        devices = (covered & (self.block.entry[:count] == entry)).nonzero()[0]
        onset = EventTime(int(self.block.silent_since[devices[0]]))
        return OutageTurn(entry, ended, onset, int(found.quiet[entry]), int(found.judged[entry]))

    def _learn(self, devices: Slots, limit_s: Floats) -> None:
        """Count the gaps that just ended into the habit; what was called silence counts only as far as it has happened before."""
        if not len(devices):
            return
        block, gap_s = self.block, self.block.quiet_s[devices]
        faded, outage = np.exp(-gap_s / MEMORY_S), block.silent[devices]
        habit_s = np.where(outage, np.minimum(gap_s, np.maximum(limit_s[devices], block.outage_s[devices])), gap_s)
        block.outage_s[devices] = np.maximum(np.where(outage, gap_s, 0.0), faded * block.outage_s[devices])
        gaps, mean_s = block.gaps[devices] + 1, block.mean_s[devices]
        block.gaps[devices] = gaps
        block.watched_s[devices] += habit_s
        block.mean_s[devices] = mean_s + (habit_s - mean_s) / np.minimum(gaps, 1000)
        block.longest_s[devices] = np.maximum(habit_s, faded * block.longest_s[devices])
