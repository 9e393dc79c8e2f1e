"""What people said of alerts, and what thresholds make of it: bounded, fading, and taken back without a trace.

In: feedback on alerts. Out: by how much the threshold of each source is raised at a moment; how much of a channel's pressure
came of alerts that were right. It stands beside what is learnt and changes nothing of it, so what is taken back has never been.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.episode import CRITICAL_FROM, NONE
from detector.anomaly.heights import SOURCES
from detector.domain import MICROSECONDS, EventTime, Feedback, FeedbackKind, Height
from detector.report import InForce
from detector.state.block import Block, Keys
from detector.state.rows import DAY_S, Floats, Rows, Slots
from detector.state.slots import Slot

IN_FORCE_S: Final = 30 * DAY_S
"""Time after which what was said of an alert no longer counts; the first half of it in full, the second less and less."""

IN_FORCE_US: Final = round(IN_FORCE_S * MICROSECONDS)

MARGIN: Final = 1.1
"""A threshold is raised so far above the alert that was false."""

MOST: Final = CRITICAL_FROM
"""A threshold is never raised more than so many times: what would have been critical is told, whatever was said before."""

PER_CHANNEL: Final = 8
"""Alerts of one channel of which what was said counts at a time."""

ID_BITS: Final = 64


class FeedbackBlock(Block):
    """What is in force, in the order in which it was said.

    Columns (A,): channel; alert, the bits of its id; confirmed, else false; given_us, the channel's time when it was said;
    opened_us. Columns (A, SOURCES): raised, by what factor; (A, L): paid, as how many alerts of each lane of thresholds it counted.
    """

    keyed_by: ClassVar[Keys] = Keys.LIST
    refers: ClassVar[Mapping[str, Keys]] = {"channel": Keys.CHANNEL}

    channel: Slots
    alert: NDArray[np.int64]
    confirmed: NDArray[np.bool_]
    given_us: NDArray[np.int64]
    opened_us: NDArray[np.int64]
    raised: Floats
    paid: Floats

    def __init__(self, lanes: int) -> None:
        """Start with nothing said."""
        integers = dict.fromkeys(("alert", "given_us", "opened_us"), ((), np.int64, 0))
        super().__init__(
            {
                "channel": ((), np.intp, 0),
                "confirmed": ((), np.bool_, 0),
                "raised": ((len(SOURCES),), np.float64, 1.0),
                "paid": ((lanes,), np.float64, 0.0),
                **integers,
            }
        )


class Said:
    """What was said of alerts and is in force."""

    def __init__(self, lanes: int) -> None:
        """Start with nothing said of alerts that count on so many lanes."""
        self.block = FeedbackBlock(lanes)

    def has_room(self, channel: Slot, alert: str, now_us: int) -> bool:
        """Tell whether one more alert of a channel may count, or this one counts already."""
        block = self.block
        counts = (block.channel == channel) & (block.alert != _bits(alert)) & (now_us - block.given_us < IN_FORCE_US)
        return int(counts.sum()) < PER_CHANNEL

    def give(self, feedback: Feedback, channel: Slot, now_us: int, paid: Floats) -> None:
        """Let what is said of an alert count from now on, in the place of what was said of it before.

        `paid` (L,) says as how many alerts of each lane it counted.
        """
        block, alert = self.block, _bits(feedback.alert)
        self._keep((block.channel != channel) | (block.alert != alert))
        if feedback.kind is FeedbackKind.UNDONE:
            return
        confirmed = feedback.kind is FeedbackKind.CONFIRMED
        row: dict[str, Any] = {
            "channel": channel,
            "alert": alert,
            "confirmed": confirmed,
            "given_us": now_us,
            "opened_us": feedback.opened,
            "raised": np.ones(len(SOURCES)) if confirmed else raises(feedback.heights),
            "paid": paid if confirmed else np.zeros_like(paid),
        }
        block.adopt(
            {name: np.concatenate([array, [row[name]]], dtype=array.dtype) for name, array in block.arrays().items()}
        )

    def raised(self, rows: Rows) -> Floats:
        """Return the factors by which the thresholds of each row are raised. Shape (B, SOURCES), or (1, SOURCES) where none is."""
        block = self.block
        said, row = self._said_of(rows.slots)
        factors = np.ones((len(rows.slots) if len(said) else 1, len(SOURCES)))
        if len(said):
            age = np.maximum(rows.at_us[row] - block.given_us[said], 0) / IN_FORCE_US
            left = np.clip(2.0 * (1.0 - age), 0.0, 1.0)[:, None]
            np.maximum.at(factors, row, 1.0 + left * (block.raised[said] - 1.0))
        return factors

    def forgiven(self, slots: Slots, at_us: NDArray[np.int64], period_s: float) -> Floats:
        """Return what is left, at these moments, of the pressure of alerts that were right. Shape (B, L)."""
        block = self.block
        said, row = self._said_of(slots)
        forgiven = np.zeros((len(slots), block.paid.shape[1]))
        age_s = np.maximum(at_us[row] - block.opened_us[said], 0) / MICROSECONDS
        counts = at_us[row] - block.given_us[said] < IN_FORCE_US
        np.add.at(forgiven, row, (counts * np.exp(-age_s / period_s))[:, None] * block.paid[said])
        return forgiven

    def let_go(self, at_us: NDArray[np.int64]) -> None:
        """Let go of what no longer counts at the time of its channel, `at_us` (N,)."""
        self._keep(at_us[self.block.channel] - self.block.given_us < IN_FORCE_US)

    def in_force(self) -> list[tuple[Slot, InForce]]:
        """Return what is said of each channel; names of devices and channels are left to those who know them."""
        block = self.block
        return [
            (
                Slot(int(block.channel[place])),
                InForce(
                    alert=_id(int(block.alert[place])),
                    device="",
                    channel="",
                    kind=FeedbackKind.CONFIRMED if block.confirmed[place] else FeedbackKind.FALSE,
                    until=EventTime(int(block.given_us[place]) + IN_FORCE_US),
                    raised=_heights(block.raised[place]),
                ),
            )
            for place in range(len(block))
        ]

    def _said_of(self, slots: Slots) -> tuple[Slots, Slots]:
        """Return the places of all that is said of channels (B,), none of which comes twice, and the row of each. Shapes (M,)."""
        channel = self.block.channel
        if not len(channel) or not len(slots):
            return NONE, NONE
        order = slots.argsort()
        row = order[np.minimum(np.searchsorted(slots, channel, sorter=order), len(slots) - 1)]
        said = np.flatnonzero(slots[row] == channel)
        return said, row[said]

    def _keep(self, stays: NDArray[np.bool_]) -> None:
        """Keep some rows, in their order, and no memory of the others."""
        if not stays.all():
            self.block.adopt({name: array[stays] for name, array in self.block.arrays().items()})


def raises(heights: tuple[Height, ...]) -> Floats:
    """Return the factors by which a false alarm of such heights raises the thresholds of its channel. Shape (SOURCES,)."""
    factors = np.ones(len(SOURCES))
    for source, strength in heights:
        if source in SOURCES and strength >= 1.0:
            factors[SOURCES.index(source)] = min(MARGIN * strength, MOST)
    return factors


def _heights(factors: Floats) -> tuple[Height, ...]:
    """Return the factors that raise something, by source."""
    return tuple(Height(SOURCES[place], float(factors[place])) for place in np.flatnonzero(factors > 1.0))


def _bits(alert: str) -> int:
    """Return the bits of an alert's id as a signed number."""
    number: int = int(alert, 16) % 2**ID_BITS
    return number - 2**ID_BITS if number >= 2 ** (ID_BITS - 1) else number


def _id(bits: int) -> str:
    """Return the id of these bits."""
    return f"{bits % 2**ID_BITS:016x}"
