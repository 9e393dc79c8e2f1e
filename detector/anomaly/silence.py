"""The silence rule: a device that is quiet for longer than its own habit.

In: who spoke since the last tick, and how long the stream was awake. Out: devices that fell silent or spoke again.
All of it moves at ticks only, so that how the stream is cut into batches changes nothing.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.domain import EventTime
from detector.settings import SensorSettings
from detector.state.block import Block, Keys
from detector.state.rows import Floats, Slots
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
"""Severities, as places in `episode.SEVERITIES`."""


class SilenceBlock(Block):
    """Each device's habit of speaking.

    Columns (N,), a row a device: quiet_s so far; gaps, their mean_s, longest_s and watched_s in all; outage_s, the
    longest gap that was called silence; limit_s (NaN learns it); heard_at (µs); spoke since the tick; silent, its
    silent_since (µs) and severity, which outlast the silence.
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
            }
        )


@dataclass(frozen=True, eq=False, slots=True)
class SilenceTurns:
    """What a tick found, as device slots: (S,) each."""

    opened: Slots
    worsened: Slots
    closed: Slots


class SilenceRule:
    """How long every device has been quiet, against its own habit."""

    def __init__(self) -> None:
        """Know no device."""
        self.block = SilenceBlock()

    def configure(self, device: Slot, sensor: SensorSettings) -> None:
        """Take over the operator's word on when this device's silence matters."""
        words = {"auto": np.nan, "never": np.inf}
        after = sensor.silent_after
        self.block.limit_s[device] = words[after] if isinstance(after, str) else after

    def hear(self, devices: Slots, at_us: NDArray[np.int64]) -> None:
        """Note that devices spoke. Shapes (B,); a device may stand more than once."""
        self.block.spoke[devices] = True
        if len(devices):
            np.maximum.at(self.block.heard_at, devices, at_us)

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
        quiet[block.heard_at[:count] != NEVER] += span_s
        limit = self.limit_s()
        closed = (spoke & silent).nonzero()[0]
        opened = (~(spoke | silent) & (quiet > limit)).nonzero()[0]
        mild = block.severity[:count] < CRITICAL
        worsened = (~spoke & silent & mild & (quiet > CRITICAL_AT * limit)).nonzero()[0]
        block.silent_since[opened] = np.minimum(block.heard_at[opened], at)
        block.severity[opened], block.severity[worsened] = WARNING, CRITICAL
        self._learn(spoke.nonzero()[0], limit)
        silent[closed], silent[opened] = False, True
        quiet[spoke] = 0.0
        spoke[:] = False
        return SilenceTurns(opened, worsened, closed)

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
