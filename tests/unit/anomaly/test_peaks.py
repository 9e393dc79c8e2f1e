"""The peaks of quarters: what is counted, what is forgotten, what is shared."""

import numpy as np
import pytest

from detector.anomaly.peaks import QUARTER, Peaks, lanes_in
from detector.state.rows import Floats, Rows
from tests.fleet import START
from tests.peaks import WEIGHT, reference

FIRST = START // QUARTER


def peaks(channels: int = 1, lanes: int = 1) -> Peaks:
    """Return peaks of channels in no pool, under a reference."""
    subject = Peaks(reference(lanes))
    subject.block.grow(channels)
    return subject


def at(quarter: int, channels: int = 1) -> Rows:
    """Return a row of each channel within a quarter, counted from the first."""
    full = np.zeros(channels)
    moment = np.full(channels, (FIRST + quarter) * QUARTER + 1)
    one = np.ones(channels, np.int64)
    return Rows(np.arange(channels), full, moment, full, one, one)


def live(subject: Peaks, quarters: Floats, start: int = 0) -> None:
    """Let channels live through quarters, whose peaks are given: (Q,) or (Q, N)."""
    for number, peak in enumerate(quarters.reshape(len(quarters), -1), start):
        rows = at(number, len(peak))
        for share in (0.2, 1.0, 0.5):
            subject.learn(rows, share * peak[:, None], np.full((len(peak), 1), True))


def mean(subject: Peaks, channel: int = 0) -> float:
    """Return the mean of a channel's law of peaks."""
    return float(subject.law(np.array([channel])).mean[0, 0])


def test_a_new_channel_has_the_peaks_of_the_reference() -> None:
    """The largest of 72 -log10 p values is about 2.1, give or take 0.56."""
    law = peaks().law(np.array([0]))
    assert law.mean[0, 0] == pytest.approx(2.108, abs=1e-3)
    assert law.spread[0, 0] == pytest.approx(0.557, abs=1e-3)
    assert law.weight[0, 0] == WEIGHT


def test_its_own_peaks_take_the_references_place() -> None:
    """After eight weeks of peaks of five, give or take a half, the law is that of the channel itself."""
    subject = peaks()
    live(subject, 5.0 + 0.5 * np.random.default_rng(1).standard_normal(224))
    law = subject.law(np.array([0]))
    assert law.mean[0, 0] == pytest.approx(5.0, abs=0.2)
    assert law.spread[0, 0] == pytest.approx(0.7, abs=0.2)


def test_the_quarter_in_which_a_channel_appears_is_not_counted() -> None:
    """It was not watched from its start; the next one is, once it has ended."""
    subject = peaks()
    live(subject, np.array([9.0, 3.0]))
    assert subject.block.quarters[0, 0] == 0.0
    live(subject, np.array([3.0]), start=2)
    assert subject.block.quarters[0, 0] == 1.0
    assert subject.block.moments[0, 0, 0] == pytest.approx(3.0)


def test_a_lane_that_is_not_known_has_no_peaks() -> None:
    """Quarters in which a lane said nothing count for the other lanes only."""
    subject = peaks(lanes=2)
    for number in range(5):
        subject.learn(at(number), np.array([[3.0, 3.0]]), np.array([[True, False]]))
    assert subject.block.quarters[0].tolist() == [3.0, 0.0]
    assert subject.block.lately[0] == lanes_in(np.array([[True, False]]))[0] == 1


def test_one_fault_hardly_moves_the_law_and_a_daily_one_does() -> None:
    """A single peak of a hundred among thirty adds less than half to the mean; one every day is learnt in a month."""
    calm = np.full(30, 2.0) + 0.1 * np.random.default_rng(2).standard_normal(30)
    once, daily = peaks(), peaks()
    live(once, np.append(calm, [100.0, 2.0]))
    assert mean(once) < 2.5
    live(daily, np.concatenate([calm, np.tile([2.0, 2.0, 2.0, 20.0], 30)]))
    law = daily.law(np.array([0]))
    assert law.level(np.array([[1 / 28]]))[0, 0] > 12.0


def test_what_was_seen_young_fades_soon() -> None:
    """After a wild first day and two calm weeks, little of the first day is left."""
    subject = peaks()
    live(subject, np.array([0.0, *[8.0] * 4, *[2.0] * 56]))
    assert mean(subject) < 2.2


def test_a_pool_makes_a_new_channel_certain() -> None:
    """The law of a channel that joins an old group rests on the group's quarters, up to a limit."""
    subject = peaks(3)
    subject.join(np.arange(3), np.array([0, 0, 1]))
    live(subject, np.full((60, 1), 2.0))
    subject.turn()
    newcomer, stranger = subject.law(np.array([1, 2])).weight[:, 0]
    assert newcomer == WEIGHT + 0.5 * subject.block.quarters[0, 0] > WEIGHT
    assert stranger == WEIGHT


def test_pools_are_shared_at_turns_only() -> None:
    """What one channel saw is known to a new one of its pool after the turn, and never to another pool or to none."""
    subject = peaks(4)
    subject.join(np.arange(4), np.array([0, 0, 1, -1]))
    live(subject, np.full((60, 1), 6.0))
    assert mean(subject, 1) == mean(subject, 2) == mean(subject, 3)
    subject.turn()
    assert mean(subject, 1) > 5.0
    assert mean(subject, 2) == mean(subject, 3) == mean(peaks())


def test_other_pools_change_no_bit() -> None:
    """A pool's law is the same alone and in company."""
    alone, company = peaks(2), peaks(4)
    alone.join(np.arange(2), np.array([0] * 2))
    company.join(np.arange(4), np.array([1, 0, 1, 0]))
    own = np.random.default_rng(3).gumbel(3.0, 1.0, (40, 2))
    live(alone, own)
    live(company, np.stack([own[:, 0] * 2, own[:, 0], own[:, 1] * 3, own[:, 1]], axis=1))
    for subject in (alone, company):
        subject.turn()
    apart, together = alone.law(np.array([0, 1])), company.law(np.array([1, 3]))
    for column in ("mean", "spread", "skew", "weight"):
        assert np.array_equal(getattr(apart, column), getattr(together, column))


def test_a_turn_twice_is_a_turn_once() -> None:
    """Pools hold what channels know, so an hour in which nothing was learnt changes nothing."""
    subject = peaks(2)
    subject.join(np.arange(2), np.array([0] * 2))
    live(subject, np.full((9, 2), 4.0))
    subject.turn()
    once = mean(subject)
    subject.turn()
    assert mean(subject) == once
