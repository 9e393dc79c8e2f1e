"""The company of a channel: up to a dozen peers of its group, and how they stand when it speaks.

In: who belongs to which group, `Rows`. Out: for each row, how far the latest reading of each peer lies from that
peer's own place in the group. Which peers sit on a panel, and where they usually stand, moves at hourly turns only.
"""

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS, EventTime
from detector.state.block import Block, Keys
from detector.state.rows import Floats, Mask, Rows, Slots

PANEL = 12
"""Peers of a channel."""

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


class CompanyBlock(Block):
    """Each channel's group, panel, latest reading and place among its peers.

    `group` (N,), -1 for none; `members` (N, PANEL + RIVALS) slots, the panel first, -1 for an empty seat; `apart`
    their distances summed over `trial_h` turns; `value`, `at_us` of the latest reading; `cadence_s` learnt and
    `patience_us` as last published; `place`, `wobble` learnt over `age_h`; `offset`, `habit` the same as published;
    `usual` and `spread` of the forecast; `placed`: published at all; `rank`: the rival to try next.
    """

    refers: ClassVar[Mapping[str, Keys]] = {"members": Keys.CHANNEL}

    group: NDArray[np.int64]
    members: NDArray[np.int32]
    apart: NDArray[np.float32]
    trial_h: NDArray[np.int32]
    rank: NDArray[np.int64]
    value: Floats
    at_us: NDArray[np.int64]
    patience_us: NDArray[np.int64]
    placed: Mask
    cadence_s: Floats
    age_h: Floats
    place: Floats
    wobble: Floats
    offset: Floats
    habit: Floats
    usual: Floats
    spread: Floats

    def __init__(self) -> None:
        """Start without rows."""
        seats = PANEL + RIVALS
        learnt = ("cadence_s", "age_h", "place", "wobble", "offset", "habit", "usual")
        super().__init__(
            {
                "group": ((), np.int64, -1),
                "members": ((seats,), np.int32, -1),
                "apart": ((seats,), np.float32, 0.0),
                "trial_h": ((), np.int32, 0),
                "placed": ((), np.bool_, 0),
                "value": ((), np.float64, 0.0),
                "spread": ((), np.float64, 1.0),
                **dict.fromkeys(("rank", "patience_us"), ((), np.int64, 0)),
                "at_us": ((), np.int64, NEVER),
                **dict.fromkeys(learnt, ((), np.float64, 0.0)),
            }
        )


@dataclass(frozen=True, eq=False, slots=True)
class Panel:
    """The peers of each row as they stand at its place in the stream. Shapes (B, PANEL), unless told."""

    peers: Slots
    present: Mask
    away: Floats
    """How far each peer is from its own place; 0 where it is absent."""
    row: Slots
    """Where the peer's own row of this batch stands; meaningless unless `earlier`."""
    earlier: Mask
    """The peer speaks in this batch, before this row."""
    heard: NDArray[np.intp]
    """(B,), how many are present."""
    seated: NDArray[np.intp]
    """(B,), how many there are that have spoken by now."""

    def latest(self, of_rows: Floats, stored: Floats) -> Floats:
        """Return a number of each peer: of its row if that comes earlier in this batch, else the `stored` (N,) one."""
        return np.where(self.earlier, of_rows[self.row], stored[self.peers])

    def middle(self, numbers: Floats) -> Floats:
        """Return the median of `numbers` (B, PANEL) over the peers that are present; 0 where none is."""
        ordered = np.where(self.present, numbers, np.inf)
        ordered.sort(axis=1)
        places, last = np.arange(len(ordered)), np.maximum(self.heard, 1) - 1
        middle = 0.5 * (ordered[places, last // 2] + ordered[places, (last + 1) // 2])
        return np.where(self.heard > 0, middle, 0.0)


class Company:
    """Groups, panels and the places of channels among their peers."""

    def __init__(self) -> None:
        """Know nobody."""
        self.block = CompanyBlock()
        self._sizes: dict[int, int] = {}
        """Members of each group."""
        self._last: dict[int, list[int]] = {}
        """Those of them that came last, as many as a panel seats, in order."""
        self._rows_of = np.empty(0, np.intp)  # scratch: each channel's row of the batch, -1 between batches

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
        block, count = self.block, len(rows.slots)
        peers = block.members.take(rows.slots, axis=0)[:, :PANEL].astype(np.intp)
        seated = peers >= 0
        row = self._rows_among(rows.slots, peers)
        earlier = seated & (row >= 0) & (row < np.arange(count)[:, None])
        at_us = np.where(earlier, rows.at_us[row], block.at_us[peers])
        fresh = np.abs(rows.at_us[:, None] - at_us) <= block.patience_us[peers]
        present = seated & block.placed[peers] & fresh
        begun = seated & (earlier | (block.at_us[peers] != NEVER))  # who begins later in this batch is not there yet
        value = np.where(earlier, rows.values[row], block.value[peers])
        away = np.where(present, value - block.offset[peers], 0.0)
        return Panel(peers, present, away, row, earlier, present.sum(axis=1), begun.sum(axis=1))

    def _rows_among(self, slots: Slots, peers: Slots) -> Slots:
        """Return which row of the batch each peer has, -1 for none. Shapes: slots (B,), peers (B, PANEL) and returned.

        Only the batch's own places are set and cleared again, however many channels there are.
        """
        if len(self._rows_of) < len(self.block):
            self._rows_of = np.full(2 * len(self.block), -1, np.intp)
        self._rows_of[slots] = np.arange(len(slots))
        rows = self._rows_of[peers]
        self._rows_of[slots] = -1
        return rows

    def learn(self, rows: Rows, middle: Floats, weight_h: Floats) -> None:
        """Take in the values; places move by `weight_h` (B,) hours towards the distance from the panel's `middle`."""
        block, slots = self.block, rows.slots
        age_h, wobble = block.age_h[slots], block.wobble[slots]
        found = (age_h == 0.0) & ~block.placed[slots] & (weight_h > 0.0)
        place = np.where(found, rows.values - middle, block.place[slots])
        young = 1.0 / (FIRST_H + age_h)
        away = rows.values - middle - place
        bound = np.where(age_h > 1.0, 4.0 * wobble + 0.01 * block.spread[slots], np.inf)
        size = np.minimum(np.abs(away), bound)
        rate = np.minimum(weight_h * np.maximum(1.0 / PLACE_MEMORY_H, young), 1.0)
        block.place[slots] = place + rate * away.clip(-bound, bound)
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
        block.value[slots], block.at_us[slots] = rows.values, rows.at_us

    def publish(self) -> None:
        """Let the group see where its channels stand; those who found no company yet stand at their usual level."""
        block, rows = self.block, slice(len(self.block))
        alone = (block.age_h[rows] == 0.0) & ~block.placed[rows]
        block.place[rows] = np.where(alone, block.usual[rows], block.place[rows])
        block.offset[rows], block.habit[rows] = block.place[rows], block.wobble[rows]
        patience_s = np.maximum(PATIENCE * block.cadence_s[rows], SHORTEST_PATIENCE_S)
        block.patience_us[rows] = (patience_s * MICROSECONDS).astype(np.int64)
        block.placed[rows] |= block.at_us[rows] != NEVER

    def choose(self, at: EventTime) -> tuple[Slots, NDArray[np.intp]]:
        """Compare rivals with the panel, and seat those that proved nearer; return whose seats changed, and which.

        Shapes: slots (C,), seats (C,). A peer is as useful as it is near: mean distance of the two departures.
        """
        block, rows = self.block, slice(len(self.block))
        fresh = block.placed[rows] & (np.abs(at - block.at_us[rows]) <= block.patience_us[rows])
        members, away = block.members[rows], block.value[rows] - block.offset[rows]
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
