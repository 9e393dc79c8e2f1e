"""Who the peers of a channel are, and how they stand when it speaks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.company import TRIAL_H, Company
from detector.anomaly.panel import PANEL
from detector.domain import EventTime
from detector.state.rows import Rows
from tests.fleet import START
from tests.group import HOUR_US
from tests.rows import rows


def company(channels: int, groups: list[int] | None = None) -> Company:
    """Return channels that joined one after another, all in one group unless told."""
    subject = Company()
    subject.block.grow(channels)
    for slot in range(channels):
        subject.join(slot, 0 if groups is None else groups[slot])
    return subject


def hear(subject: Company, values: Sequence[float] | NDArray[np.float64], *, step: int = 0) -> Rows:
    """Let every channel speak once, ten minutes after the last time, from a usual level of 10 times its slot."""
    heard = rows(values, gap_s=600.0, step=step)
    block = subject.block
    block.spread[heard.slots] = 1.0
    subject.learn(heard, 10.0 * heard.slots.astype(np.float64), np.zeros(len(values)), np.zeros(len(values)))
    return heard


def seated(subject: Company, slot: int) -> set[int]:
    """Return the peers on a channel's panel."""
    return set(subject.block.members[slot, :PANEL].tolist()) - {-1}


def test_everybody_sits_with_everybody_while_the_group_is_small() -> None:
    """Thirteen channels have twelve peers each: all the others."""
    subject = company(PANEL + 1)
    for slot in range(PANEL + 1):
        assert seated(subject, slot) == set(range(PANEL + 1)) - {slot}


def test_a_large_group_seats_those_who_came_last() -> None:
    """The thirtieth channel sits with the twelve before it; those who came first keep their panels."""
    subject = company(30)
    assert seated(subject, 29) == set(range(29 - PANEL, 29))
    assert seated(subject, 0) == set(range(1, PANEL + 1))


def test_groups_do_not_mix() -> None:
    """Channels of two groups that join in turns sit only with their own."""
    subject = company(8, [0, 1] * 4)
    assert seated(subject, 0) == {2, 4, 6}
    assert seated(subject, 7) == {1, 3, 5}


def test_a_row_sees_its_peers_as_they_stand_at_its_place_in_the_stream() -> None:
    """Peers that speak earlier in the batch are seen with their new values, later ones with their old."""
    subject = company(3)
    hear(subject, [0.0, 10.0, 20.0])
    subject.publish()
    now = rows([1.0, 12.0, 23.0], gap_s=600.0, step=1)
    panel = subject.panel(now)
    seen = [dict(zip(panel.peers[row, :2].tolist(), panel.away[row, :2].tolist(), strict=True)) for row in range(3)]
    assert seen == [{1: 0.0, 2: 0.0}, {0: 1.0, 2: 0.0}, {0: 1.0, 1: 2.0}]
    assert panel.heard.tolist() == [2, 2, 2]


def test_peers_that_were_not_heard_for_long_are_absent() -> None:
    """A peer counts for four of its cadences, and for a quarter of an hour at least."""
    subject = company(2)
    for step in range(3):
        hear(subject, [0.0, 10.0], step=step)
    subject.publish()
    for step, present in ((6, 1), (7, 0)):
        assert subject.panel(rows([0.0], gap_s=600.0, step=step)).heard.tolist() == [present]


def test_nobody_is_a_peer_before_the_group_can_see_its_place() -> None:
    """Between joining and the next hourly turn a channel does not count."""
    subject = company(3)
    hear(subject, [0.0, 10.0, 20.0])
    assert subject.panel(rows([0.0, 10.0, 20.0], step=1)).heard.tolist() == [0, 0, 0]


def test_the_middle_is_that_of_the_peers_present() -> None:
    """Of an even number it is the mean of the two in the middle; of none it is 0."""
    subject = company(5)
    hear(subject, [0.0, 10.0, 20.0, 30.0, 40.0])
    subject.publish()
    hear(subject, [0.0, 11.0, 22.0, 34.0, 48.0], step=1)
    panel = subject.panel(rows([0.0], step=1))
    assert panel.middle(panel.away).tolist() == [3.0]
    alone = company(1)
    hear(alone, [0.0])
    assert alone.panel(rows([0.0], step=1)).middle(np.ones((1, PANEL))).tolist() == [0.0]


def test_the_most_useful_peers_find_their_way_onto_the_panel() -> None:
    """In a group of forty of two kinds, a channel sits after some days with more of its own kind than by chance."""
    subject, generator = company(40), np.random.default_rng(1)
    kinds = np.arange(40) % 4 == 0
    for hour in range(12 * TRIAL_H):
        weather = generator.standard_normal(2)
        hear(subject, np.where(kinds, *weather) + 10.0 * np.arange(40) + 0.1 * generator.standard_normal(40), step=hour)
        subject.publish()
        subject.choose(EventTime(START + hour * 600_000_000))
    for slot in (0, 36):
        assert sum(peer % 4 == 0 for peer in seated(subject, slot)) >= 7
        assert slot not in seated(subject, slot)
        assert len(seated(subject, slot)) == PANEL


def test_a_changed_seat_is_told() -> None:
    """What was learnt of a peer that left must not be taken for what is known of the one who came."""
    subject = company(20)
    before = subject.block.members[:20, :PANEL].copy()
    changed = np.zeros_like(before, dtype=bool)
    generator = np.random.default_rng(2)
    for hour in range(3 * TRIAL_H):
        own = (np.arange(20) % 2) * generator.standard_normal(20)
        hear(subject, 10.0 * np.arange(20) + own, step=hour)
        subject.publish()
        slots, seats = subject.choose(EventTime(START + hour * 600_000_000))
        changed[slots, seats] = True
    assert changed.any()
    assert np.array_equal(before != subject.block.members[:20, :PANEL], changed)


def test_silent_channels_keep_their_panels() -> None:
    """A channel that was not heard is compared with nobody."""
    subject = company(20)
    hear(subject, [0.0] * 20)
    subject.publish()
    for hour in range(2, 4 * TRIAL_H):
        subject.choose(EventTime(START + hour * HOUR_US))
    assert seated(subject, 0) == set(range(1, PANEL + 1))
    assert subject.block.trial_h[:20].max() == 0


def test_a_peer_is_seated_from_its_first_reading_on() -> None:
    """Of two channels that begin within one batch, the first does not know the second yet, and the second knows the first."""
    subject = company(2)
    assert subject.panel(rows(np.zeros(2))).seated.tolist() == [0, 1]
    hear(subject, np.zeros(2))
    assert subject.panel(rows(np.zeros(2), step=1)).seated.tolist() == [1, 1]
