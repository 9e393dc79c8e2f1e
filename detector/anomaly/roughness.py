"""Roughness: a channel that trembles more, or less, than it usually does at this hour.

In: `Rows`, their `Jolt`, the latest roughness of peers. Out: the strangeness of each row's last hour, for the kind
`noise`. Its axis: the log ratio to the own habit, beyond what the peers show at this moment, in usual spreads.
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.jolts import Jolt, share
from detector.anomaly.opinion import Opinion
from detector.state.block import Block
from detector.state.rows import HOURS, Floats, Mask, Rows
from detector.state.wide import cells

FARTHEST = 100.0
"""Usual bends that one reading may count for."""

QUIET = 0.5
"""Floor of the roughness, in roots of usual bends: below, less is not quieter."""

USUAL_H = 72.0
"""Hours over which the usual roughness forgets."""

HOURLY_H = 6.0
"""Hours of its own, thus days, over which an hour of the day forgets what it adds."""

HOUR_DOUBT_H = 2.0
"""Hours of its own after which an hour of the day is believed by half."""

HABIT_STEP = 1.0
"""Log ratio that one row may pull a habit by, so that an hour of noise is no habit."""

SPREAD_H = 120.0
"""Hours over which the spread of the deviations forgets."""

SPREAD_FLOOR = 0.2
"""Log ratio; added to the spread, so that a channel of even roughness is not called strange for a breath."""

SPREAD_STEP = 4.0
"""Spreads that one row may count for."""

FIRST_H = 4.0
"""Hours heard before a channel is judged."""

YOUNG_H = 24.0
"""Hours heard at which spreads still count double: a day that was never seen is no surprise."""

PEER_SHARE = 0.75
"""Part of the peers that are less rough than what counts as the roughness of this moment."""

STILLNESS = 0.5
"""What being too quiet counts against being too rough: it harms less, and stuck channels have a rule of their own."""


class Peers(Protocol):
    """The panel of peers of each row, as it stands when the row arrives."""

    @property
    def present(self) -> Mask:
        """Shape (B, P): the peers that count."""
        ...

    def latest(self, of_rows: Floats, stored: Floats) -> Floats:
        """Return a number of each peer (B, P): of its row if earlier in this batch, else the `stored` (N,) one."""
        ...


class RoughBlock(Block):
    """What each channel's roughness remembers.

    Columns (N,): tremble, the mean root of bends over the last hour; usual, its usual log; spread, of deviations from
    habit; unlike, the last deviation, NaN until judged. (N, 24): hourly, what an hour adds to the usual log; hourly_h,
    hours heard of it.
    """

    tremble: Floats
    usual: Floats
    spread: Floats
    unlike: Floats
    hourly: NDArray[np.float32]
    hourly_h: NDArray[np.float32]

    def __init__(self) -> None:
        """Start without rows."""
        floats = dict.fromkeys(("tremble", "usual", "spread"), ((), np.float64, 0.0))
        hourly = dict.fromkeys(("hourly", "hourly_h"), ((HOURS,), np.float32, 0.0))
        super().__init__({**floats, "unlike": ((), np.float64, np.nan), **hourly})


class RoughView(NamedTuple):
    """How rough each row's last hour was. Shapes: (B,)."""

    opinion: Opinion
    """Its deviation is a log ratio: above 0 rougher than usual, below 0 quieter."""
    abroad: Floats
    """How much rougher than their habits most peers are: a log ratio, 0 where they are not."""
    tremble: Floats
    hourly: Floats
    """What this hour of the day adds to the usual log."""
    level: Floats
    """Log of the tremble."""
    unlike: Floats
    """Log ratio to the own habit, NaN until judged."""


class Roughness:
    """Judges every channel's roughness by its own habit and by its peers."""

    def __init__(self) -> None:
        """Know no channel."""
        self.block = RoughBlock()

    def view(self, rows: Rows, jolt: Jolt, peers: Peers | None) -> RoughView:
        """Return how rough every row is, before anything is learnt from it; without `peers` by its own habit alone."""
        block, slots = self.block, rows.slots
        shaking = np.sqrt(jolt.in_units(jolt.back + 0.5 * jolt.size, FARTHEST))
        tremble = block.tremble[slots]
        tremble = tremble + jolt.moment * (shaking - tremble)
        level = np.log(tremble + QUIET)
        known = (jolt.heard_h >= FIRST_H) & (jolt.weight_h > 0.0)
        hourly = self._hourly(rows)
        unlike = np.where(known, level - block.usual[slots] - hourly, block.unlike[slots])
        calmest, abroad = _usual_abroad(peers, block.unlike, unlike)
        opinion = self._opinion(rows, jolt, known, (unlike - abroad, unlike - calmest))
        return RoughView(opinion, abroad, tremble, hourly, level, unlike)

    def _hourly(self, rows: Rows) -> Floats:
        """Return what this hour of the day adds to the usual log roughness (B,), as far as it is known."""
        place = rows.slots * HOURS + rows.hour
        heard_h = cells(self.block.hourly_h)[place].astype(np.float64)
        adds: Floats = heard_h / (heard_h + HOUR_DOUBT_H) * cells(self.block.hourly)[place]
        return adds

    def _opinion(self, rows: Rows, jolt: Jolt, known: Mask, beyond: tuple[Floats, Floats]) -> Opinion:
        """Return the opinion on log ratios beyond the peers' rougher (B,) and calmer (B,) ones."""
        rougher, calmer = (np.where(known, ratio, 0.0) for ratio in beyond)
        doubt = 1.0 + YOUNG_H / np.maximum(jolt.heard_h, FIRST_H)
        spread = (self.block.spread[rows.slots] + SPREAD_FLOOR) * doubt
        deviation = np.where(rougher >= -STILLNESS * calmer, rougher, calmer)
        strangeness = np.maximum(np.maximum(rougher, -STILLNESS * calmer), 0.0) / spread
        return Opinion(strangeness, known, deviation)

    def learn(self, rows: Rows, jolt: Jolt, view: RoughView) -> None:
        """Take the rows in. Habits move for suspect rows too, a little each: a lasting change becomes one in days."""
        block, slots, place = self.block, rows.slots, rows.slots * HOURS + rows.hour
        of_hours, of_hours_h = cells(block.hourly), cells(block.hourly_h)
        weight_h, heard_h = jolt.weight_h, jolt.heard_h
        hourly, hourly_h = of_hours[place].astype(np.float64), of_hours_h[place].astype(np.float64)
        step = np.where(heard_h < FIRST_H, np.inf, HABIT_STEP)
        usual = block.usual[slots]
        usual = usual + share(weight_h, heard_h, USUAL_H) * (view.level - usual).clip(-step, step)
        pull = (view.level - usual - hourly).clip(-HABIT_STEP, HABIT_STEP)
        block.usual[slots] = usual
        of_hours[place] = hourly + share(weight_h, hourly_h, HOURLY_H) * pull
        of_hours_h[place] = np.minimum(hourly_h + weight_h, USUAL_H)
        block.tremble[slots], block.unlike[slots] = view.tremble, view.unlike
        self._learn_spread(rows, jolt, view)

    def _learn_spread(self, rows: Rows, jolt: Jolt, view: RoughView) -> None:
        """Move the spread of the deviations beyond the rougher peers; an outlier hardly."""
        spread, judged_h = self.block.spread[rows.slots], np.maximum(jolt.heard_h - FIRST_H, 0.0)
        size = np.where(view.opinion.known, np.abs(view.unlike - view.abroad), spread)
        size = np.where(judged_h > FIRST_H, np.minimum(size, SPREAD_STEP * spread), size)
        self.block.spread[rows.slots] = spread + share(jolt.weight_h, judged_h, SPREAD_H) * (size - spread)


def _usual_abroad(peers: Peers | None, stored: Floats, fresh: Floats) -> tuple[Floats, Floats]:
    """Return the log ratios (B,), at most and at least 0, that a quarter of the peers are below, and above."""
    if peers is None:
        return np.zeros(len(fresh)), np.zeros(len(fresh))
    others = np.where(peers.present, peers.latest(fresh, stored), np.nan)
    others.sort(axis=1)  # NaN sorts to the end
    absent = np.ascontiguousarray(np.isnan(others).T).sum(axis=0)  # summing short rows takes nine times longer
    calmest, roughest = _quartiles(others, others.shape[1] - absent)
    return np.minimum(calmest, 0.0), np.maximum(roughest, 0.0)


def _quartiles(ordered: Floats, present: NDArray[np.intp]) -> Floats:
    """Return what a quarter of the first `present` (B,) columns of sorted rows (B, P) are below, and above.

    Shape (2, B); 0 where none is present.
    """
    begins, last = np.arange(len(ordered)) * ordered.shape[1], np.maximum(present - 1, 0)
    place = np.array([[1.0 - PEER_SHARE], [PEER_SHARE]]) * last
    below = place.astype(np.intp)
    low, high = (ordered.ravel()[begins + column] for column in (below, np.minimum(below + 1, last)))
    return np.where(present > 0, low + (place - below) * (high - low), 0.0)
