"""The organs of strangeness side by side, each blind where another sees.

In: `Rows` and their `Forecast`. Out: a `Judgement`: what each organ makes of each row, one column an organ, before anything
is learnt from it.
"""

from collections.abc import Collection
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.common_cause import CommonCause
from detector.anomaly.coupling import Coupling, CouplingOpinion
from detector.anomaly.freshness import Freshness
from detector.anomaly.peer_opinion import PeerOpinion
from detector.anomaly.peers import PeersOrgan
from detector.anomaly.score import Judged, Scorer
from detector.anomaly.texture import Texture, TextureView
from detector.domain import EventTime, Kind
from detector.state.block import Block
from detector.state.rows import Floats, Forecast, Mask, Rows, Slots


class Organ(IntEnum):
    """The organs, in the order of their columns."""

    OWN = 0
    """The channel's own past: residuals of its forecast, its usual level and hour."""
    PEERS = 1
    """The same channel of the other devices of its group."""
    COUPLING = 2
    """The other channels of its device, and its own days: for channels without peers."""
    NOISE = 3
    SPIKE = 4
    SHIFT = 5
    """A level that jumps and stays."""


ORGANS: Final = len(Organ)

KINDS: Final = (
    Kind.RESIDUAL, Kind.LEVEL_SHIFT, Kind.PEERS, Kind.NOISE, Kind.SPIKE, Kind.STUCK, Kind.CLIPPING, Kind.RANGE,
)  # fmt: skip
"""Kinds by their code in the blocks."""

CODE: Final = {kind: code for code, kind in enumerate(KINDS)}

KIND_OF: Final = np.array(
    [CODE[kind] for kind in (Kind.RESIDUAL, Kind.PEERS, Kind.LEVEL_SHIFT, Kind.NOISE, Kind.SPIKE, Kind.LEVEL_SHIFT)],
    np.int8,
)
"""The kind that each organ tells of; the channel's own past tells of two."""

SHARED: Final = (Organ.OWN, Organ.SPIKE, Organ.SHIFT)
"""Organs that do not look at peers themselves, and are asked whether peers show the same."""


class Views(NamedTuple):
    """What each organ saw, as it wants it back to learn from."""

    own: Judged
    peers: PeerOpinion
    coupling: CouplingOpinion
    texture: TextureView
    shown: NDArray[np.float32]
    """What each channel showed of late to the organs of `SHARED`. Shape (B, 3)."""


class Judgement(NamedTuple):
    """What the organs make of rows. Shapes: (B, ORGANS)."""

    strangeness: Floats
    """At least 0, on an axis of the organ's own, like a logarithm: what is news, held against a threshold."""
    lasting: Floats
    """The same, news or not: what keeps an episode open."""
    known: Mask
    """False where the organ cannot judge."""
    expected: Floats
    """In the channel's unit."""
    deviation: Floats
    """In the channel's unit, with its sign."""
    kind: NDArray[np.int8]
    """The kind that an episode would open with, as its code."""

    @classmethod
    def of_one(cls, rarity: Floats, forecast: Forecast, rows: Rows) -> "Judgement":
        """Return a judgement on which only the channel's own past has a say, with residuals of this rarity (B,)."""
        blank = np.zeros((len(rarity), ORGANS))
        strangeness, known = blank.copy(), blank.astype(np.bool_)
        strangeness[:, Organ.OWN], known[:, Organ.OWN] = rarity, True
        deviation = np.repeat((rows.values - forecast.expected)[:, None], ORGANS, axis=1)
        expected = np.repeat(forecast.expected[:, None], ORGANS, axis=1)
        return cls(strangeness, strangeness, known, expected, deviation, blank.astype(np.int8))


class Organs:
    """Every organ, for every channel."""

    def __init__(self, reference: Floats, memory_s: float, without: Collection[str] = ()) -> None:
        """Borrow the tails of `reference` (K, 2, RUNGS); organs named in `without` know nothing."""
        self.own = Scorer(reference, memory_s, without)
        self.peers = PeersOrgan()
        self.coupling = Coupling()
        self.texture = Texture()
        self.common_cause = CommonCause(len(SHARED))
        self.freshness = Freshness(ORGANS)
        self._muted = [organ for organ in Organ if organ.name.lower() in without]

    def grow(self, channels: int) -> None:
        """Make room for new channels."""
        for organ in (self.own, self.peers, self.coupling, self.texture, self.common_cause.block, self.freshness.block):
            organ.grow(channels)

    def join(self, channels: Slots, devices: Slots, groups: NDArray[np.int64]) -> None:
        """Say which devices new channels belong to, and whose peers they are; those of group -1 have none. Shapes (C,)."""
        for channel, device, group in zip(channels.tolist(), devices.tolist(), groups.tolist(), strict=True):
            self.coupling.join(channel, device)
            if group >= 0:
                self.peers.join(channel, group)

    def restore(self, devices: Slots, groups: NDArray[np.int64], anew: Collection[str]) -> None:
        """Bring back what is not in the blocks, for channels of these devices and groups, -1 for none, in slot order.

        Blocks whose names are in `anew` know nothing.
        """
        self.coupling.restore(devices, anew)
        self.peers.restore(groups, anew)

    def renew(self, hour: EventTime) -> None:
        """Renew what channels share, once an hour of the stream clock."""
        self.peers.turn(hour)
        self.coupling.turn(hour)

    def judge(self, rows: Rows, forecast: Forecast) -> tuple[Judgement, Views]:
        """Judge every row, before anything is learnt from it."""
        own = self.own.score(rows, forecast)
        peers = self.peers.judge(rows, forecast)
        coupling = self.coupling.judge(rows, forecast)
        texture = self.texture.judge(rows, peers.panel)
        alike = np.array((own.strangeness, texture.spike.strangeness, texture.moved.moving)).T
        views = Views(own, peers, coupling, texture, self.common_cause.shown(rows, alike))
        return self._judgement(rows, forecast, views), views

    def learn(self, rows: Rows, forecast: Forecast, judgement: Judgement, views: Views, suspect: Mask) -> None:
        """Take the rows in; hardly where `suspect` (B,)."""
        self.freshness.learn(rows, judgement.strangeness, judgement.strangeness > 0.0)
        self.common_cause.learn(rows, views.shown)
        self.own.learn(rows, forecast, views.own, suspect)
        self.peers.learn(rows, forecast, views.peers, suspect)
        self.coupling.learn(rows, views.coupling, suspect)
        self.texture.learn(rows, views.texture, judgement.lasting[:, Organ.SHIFT])

    def blocks(self) -> dict[str, Block]:
        """Return what the organs remember, by name."""
        own, peers, coupling, texture = self.own, self.peers, self.coupling, self.texture
        return {
            **own.blocks(),
            **peers.blocks(),
            **coupling.blocks(),
            **texture.blocks(),
            "common_cause": self.common_cause.block,
            "freshness": self.freshness.block,
        }

    def _judgement(self, rows: Rows, forecast: Forecast, views: Views) -> Judgement:
        """Put what the organs saw into columns."""
        own, peers, coupling = views.own, views.peers, views.coupling
        noise, spike, shift = views.texture.noise, views.texture.spike, views.texture.shift
        # a channel has no need of its siblings once it has peers, or while it waits for them
        loner = coupling.known & ~peers.awaited
        always = np.ones(len(rows.slots), np.bool_)
        known = np.array((always, peers.known, loner, noise.known, spike.known, shift.known)).T
        if self._muted:
            known[:, self._muted] = False
        shared = np.array((own.strangeness, spike.strangeness, shift.strangeness)).T
        of_own, of_spike, of_shift = self.common_cause.own(shared, views.shown, peers.panel).T
        strange = (of_own, peers.strangeness, coupling.strangeness, noise.strangeness, of_spike, of_shift)
        lasting = np.where(known, np.array(strange).T, 0.0)
        strangeness = np.where(self.freshness.passes(rows, lasting), lasting, 0.0)
        lasting[:, Organ.SHIFT] = np.maximum(lasting[:, Organ.SHIFT], views.texture.moved.stays)
        own_past = forecast.expected
        level, moved_from = np.where(own.of_level, rows.values - own.deviation, own_past), rows.values - shift.deviation
        expected = np.array((level, peers.expected, coupling.expected, own_past, own_past, moved_from)).T
        trembling = views.texture.trembling
        told = (own.deviation, peers.deviation, coupling.deviation, trembling, spike.deviation, shift.deviation)
        kind = np.empty(known.shape, np.int8)
        kind[:] = KIND_OF
        kind[own.of_level, Organ.OWN] = CODE[Kind.LEVEL_SHIFT]
        return Judgement(strangeness, lasting, known, expected, np.array(told).T, kind)
