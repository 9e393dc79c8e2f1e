"""The company of a channel: up to a dozen peers of its group, and how they stand when it speaks.

In: who belongs to which group, `Rows`. Out: for each row, how far the latest reading of each peer lies from that
peer's own place in the group. Which peers sit on a panel, and where they usually stand, moves at hourly turns only.
"""

from bisect import insort
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.panel import PANEL, Panel, counts, latest
from detector.domain import MICROSECONDS, EventTime
from detector.state.batch_rows import BatchRows
from detector.state.block import Block, Keys
from detector.state.rows import Floats, Rows, Slots

RIVALS = 4
"""Further members of a large group that are compared with the panel for a day."""

TRIAL_H = 24
"""Hours after which the best rival may replace the worst of the panel."""

CLEARLY = 0.9
"""A rival has to be nearer than this share of the distance of the one it replaces."""

STRANGER = 3.0
"""Farthest distance, in the channel's spreads, at which two channels are told apart."""

PATIENCE, SHORTEST_PATIENCE_S = 4.0, 900.0
"""A peer counts for so many of its cadences after its last reading, and for at least so many seconds."""

PLACE_MEMORY_H, FIRST_H = 120.0, 0.2
"""Hours over which a channel's place in its group forgets, and over which its first guess does."""

WOBBLE_MEMORY_H = 24.0
"""Hours over which the size of its departures from that place forgets."""


NEVER = 0
"""Time at which a channel was heard that never was."""

UNSEEN = -1
"""Patience with a channel whose place the group cannot see yet: it is never present."""


class CompanyBlock(Block):
    """Each channel's group, panel, latest reading and place among its peers.

    `group` (N,), -1 for none; `members` (N, PANEL + RIVALS) slots, the panel first, -1 for an empty seat; `apart`
    their distances summed over `trial_h` turns; `place`, `wobble` learnt over `age_h`; `offset`, `habit` the same as
    published; `away`, how far the latest reading is from `offset`, and `at_us` when it came; `cadence_s` learnt, and
    `patience_us` as published, UNSEEN before that; `spread` of the forecast; `rank`: the rival to try next.
    """

    refers: ClassVar[Mapping[str, Keys]] = {"members": Keys.CHANNEL}

    group: NDArray[np.int32]
    members: NDArray[np.int32]
    apart: NDArray[np.float32]
    trial_h: NDArray[np.int8]
    rank: NDArray[np.int32]
    away: Floats
    at_us: NDArray[np.int64]
    patience_us: NDArray[np.int64]
    cadence_s: NDArray[np.float32]
    age_h: Floats
    place: Floats
    wobble: Floats
    offset: Floats
    habit: Floats
    spread: Floats

    def __init__(self) -> None:
        """Start without rows."""
        seats = PANEL + RIVALS
        super().__init__(
            {
                "group": ((), np.int32, -1),
                "members": ((seats,), np.int32, -1),
                "apart": ((seats,), np.float32, 0.0),
                "trial_h": ((), np.int8, 0),
                "rank": ((), np.int32, 0),
                "at_us": ((), np.int64, NEVER),
                "patience_us": ((), np.int64, UNSEEN),
                "spread": ((), np.float64, 1.0),
                "cadence_s": ((), np.float32, 0.0),
                **dict.fromkeys(("away", "age_h", "place", "wobble", "offset", "habit"), ((), np.float64, 0.0)),
            }
        )


class Company:
    """Groups, panels and the places of channels among their peers."""

    def __init__(self) -> None:
        """Know nobody."""
        self.block = CompanyBlock()
        self._sizes: dict[int, int] = {}
        """Members of each group."""
        self._last: dict[int, list[int]] = {}
        """Those of them that came last, as many as a panel seats, in order."""
        self._rows_of = BatchRows()

    def join(self, slot: int, group: int) -> None:
        """Seat a channel in its group: everybody while it is small, else beside those who came last."""
        block, size, last = self.block, self._sizes.get(group, 0), self._last.setdefault(group, [])
        block.group[slot] = group
        block.members[slot, : len(last)] = last
        if 0 < size <= PANEL:
            free = (block.members[last, :PANEL] < 0).argmax(axis=1)
            block.members[last, free] = slot
        insort(last, slot)
        del last[:-PANEL]
        self._sizes[group] = size + 1

    def vacate(self, left: Slots) -> None:
        """Empty the seats of channels that left their groups, and count who is there."""
        members, groups = self.block.members[: len(self.block)], self.block.group[: len(self.block)]
        if len(left):
            members[np.isin(members, left)] = -1
        order = np.argsort(groups, kind="stable")[np.count_nonzero(groups < 0) :]
        found, firsts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
        self._sizes = dict(zip(found.tolist(), sizes.tolist(), strict=True))
        ends = (firsts + sizes).tolist()
        self._last = {
            group: order[max(first, end - PANEL) : end].tolist()
            for group, first, end in zip(found.tolist(), firsts.tolist(), ends, strict=True)
        }

    def panel(self, rows: Rows) -> Panel:
        """Return the peers of every row as they stand when it arrives, in stream order within the batch."""
        block, slots = self.block, rows.slots
        # -1 reads the last row: masked by `seated`
        peers = block.members.take(slots, axis=0)[:, :PANEL].astype(np.intp)
        row = self._rows_of.among(slots, peers, len(block))
        (earlier,) = (row < np.arange(len(slots))[:, None]).ravel().nonzero()
        row = row.ravel()[earlier]
        seated = peers >= 0
        at_us = latest(rows.at_us, block.at_us, peers, earlier, row)
        present = seated & (np.abs(rows.at_us[:, None] - at_us) <= block.patience_us[peers])
        begun = seated & (at_us != NEVER)  # who begins later in this batch is not there yet
        away = latest(rows.values - block.offset[slots], block.away, peers, earlier, row)
        away[~present] = 0.0
        return Panel(peers, present, away, earlier, row, counts(present), counts(begun))

    def learn(self, rows: Rows, usual: Floats, middle: Floats, weight_h: Floats) -> None:
        """Take in the values; places move by `weight_h` (B,) hours towards the distance from the panel's `middle`.

        Who found no company yet stands at its `usual` (B,) level.
        """
        block, slots = self.block, rows.slots
        age_h, wobble, place = block.age_h[slots], block.wobble[slots], block.place[slots]
        new = (age_h == 0.0) & (block.patience_us[slots] == UNSEEN)
        if np.count_nonzero(new):
            place = np.where(new, np.where(weight_h > 0.0, rows.values - middle, usual), place)
        young = 1.0 / (FIRST_H + age_h)
        away = rows.values - middle - place
        bound = np.where(age_h > 1.0, 4.0 * wobble + 0.01 * block.spread[slots], np.inf)
        size = np.minimum(np.abs(away), bound)
        rate = np.minimum(weight_h * np.maximum(1.0 / PLACE_MEMORY_H, young), 1.0)
        block.place[slots] = place + rate * np.copysign(size, away)
        rate = np.minimum(weight_h * np.maximum(1.0 / WOBBLE_MEMORY_H, young), 1.0)
        block.wobble[slots] = wobble + rate * (size - wobble)
        block.age_h[slots] = age_h + weight_h
        self._listen(rows)

    def _listen(self, rows: Rows) -> None:
        """Keep the latest values, and learn how often each channel speaks."""
        block, slots = self.block, rows.slots
        cadence_s = block.cadence_s[slots]
        learnt = cadence_s + 0.05 * (np.minimum(rows.gap_s, 5.0 * cadence_s) - cadence_s)
        block.cadence_s[slots] = np.where(cadence_s > 0.0, learnt, rows.gap_s)
        block.away[slots], block.at_us[slots] = rows.values - block.offset[slots], rows.at_us

    def publish(self) -> None:
        """Let the group see where its channels stand."""
        block, rows = self.block, slice(len(self.block))
        block.away[rows] += block.offset[rows] - block.place[rows]
        block.offset[rows], block.habit[rows] = block.place[rows], block.wobble[rows]
        patience_s = np.maximum(PATIENCE * block.cadence_s[rows].astype(np.float64), SHORTEST_PATIENCE_S)
        heard = block.at_us[rows] != NEVER
        block.patience_us[rows] = np.where(heard, patience_s * MICROSECONDS, UNSEEN).astype(np.int64)

    def choose(self, at: EventTime) -> tuple[Slots, NDArray[np.intp]]:
        """Compare rivals with the panel, and seat those that proved nearer; return whose seats changed, and which.

        Shapes: slots (C,), seats (C,). A peer is as useful as it is near: mean distance of the two departures.
        """
        block, rows = self.block, slice(len(self.block))
        fresh = np.abs(at - block.at_us[rows]) <= block.patience_us[rows]
        members, away = block.members[rows], block.away[rows]
        apart = np.minimum(np.abs(away[members] - away[:, None]) / block.spread[rows, None], STRANGER)
        apart = np.where((members >= 0) & fresh[members], apart, STRANGER)
        block.apart[rows] += np.where(fresh[:, None], apart, 0.0)
        block.trial_h[rows] += fresh
        due = np.flatnonzero(block.trial_h[rows] >= TRIAL_H)
        changed = self._replace(due)
        self._nominate(due)
        block.apart[due], block.trial_h[due] = 0.0, 0
        return changed

    def _replace(self, due: Slots) -> tuple[Slots, NDArray[np.intp]]:
        """Seat the best rival of each channel in place of the worst of its panel, where it was clearly nearer."""
        block = self.block
        worst, best = block.apart[due, :PANEL].argmax(axis=1), PANEL + block.apart[due, PANEL:].argmin(axis=1)
        better = (block.members[due, best] >= 0) & (block.apart[due, best] < CLEARLY * block.apart[due, worst])
        slots, seats = due[better], worst[better]
        block.members[slots, seats] = block.members[slots, best[better]]
        return slots, seats

    def _nominate(self, due: Slots) -> None:
        """Give each channel of a large group the next rivals, round and round the group."""
        block = self.block
        groups = block.group[: len(block)]
        order = np.argsort(groups, kind="stable")
        first, after = (np.searchsorted(groups[order], groups[due], side=side) for side in ("left", "right"))
        rank = block.rank[due, None] + np.arange(RIVALS)
        rivals = order[first[:, None] + rank % (after - first)[:, None]]
        seated = (rivals[:, :, None] == block.members[due, None, :PANEL]).any(axis=2) | (rivals == due[:, None])
        block.members[due, PANEL:] = np.where(seated | (groups[due, None] < 0), -1, rivals)
        block.rank[due] += RIVALS
