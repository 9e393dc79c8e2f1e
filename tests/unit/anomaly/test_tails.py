"""Tails: how rare a value is among a channel's own past."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.tails import BORROWED, RAREST, RUNGS, SHARES, Tails, assumed_reference

FOR_EVER_S = 1e15
ONE = np.zeros(1, np.intp)


def tails(memory_s: float = FOR_EVER_S, channels: int = 1, streams: int = 1) -> Tails:
    """Return tails that have learnt nothing."""
    subject = Tails(assumed_reference(streams), memory_s)
    subject.grow(channels)
    return subject


def rarity(subject: Tails, values: NDArray[np.float64] | list[float]) -> NDArray[np.float64]:
    """Return the rarity of several values in channel 0."""
    column = np.asarray(values, np.float64)
    return subject.rarity(np.zeros(len(column), np.intp), column[:, None])[:, 0]


def learn(subject: Tails, value: float, *, gap_s: float = 1.0, weight: float = 1.0) -> None:
    """Learn one value in channel 0."""
    subject.learn(ONE, np.array([[value]]), np.array([gap_s]), np.array([weight]))


@pytest.mark.parametrize("law", ["exponential", "gaussian", "heavy", "few values"])
def test_p_values_come_about_as_often_as_they_say(law: str) -> None:
    """On a channel's own stationary past, p below 0.1, 0.01 and 0.001 comes about that often, whatever its law."""
    generator = np.random.default_rng(1)
    count, channels = 4000, 40
    size = (count, channels)
    values = {
        "exponential": generator.exponential(0.5, size),
        "gaussian": np.log1p(np.abs(generator.standard_normal(size))),
        "heavy": np.log1p(np.abs(generator.standard_t(3, size))),
        "few values": generator.choice([0.0, 0.5, 1.5], size, p=[0.7, 0.295, 0.005]),
    }[law]
    subject, slots, ones = tails(channels=channels), np.arange(channels), np.ones(channels)
    said = []
    for step in range(count):
        said.append(subject.rarity(slots, values[step][:, None])[:, 0])
        subject.learn(slots, values[step][:, None], ones, ones)
    settled = np.array(said[1000:])
    if law == "few values":  # cannot be rarer than its rarest value, and hardly says so more often than it comes
        assert (settled > 2.5).mean() <= 0.01
        return
    assert (settled > 1.0).mean() == pytest.approx(0.1, rel=0.1)
    assert (settled > 2.0).mean() == pytest.approx(0.01, rel=0.25)
    assert (settled > 3.0).mean() <= 0.0015


def test_a_stranger_value_is_never_less_rare() -> None:
    """Rarity grows with the value over the whole axis and beyond, for a new channel and for an experienced one."""
    axis = np.linspace(0.0, 30.0, 3000)
    subject = tails()
    assert (np.diff(rarity(subject, axis)) >= 0.0).all()
    for value in np.random.default_rng(2).exponential(0.5, 500):
        learn(subject, float(value))
    assert (np.diff(rarity(subject, axis)) >= 0.0).all()


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_rarity_keeps_within_its_bounds(value: float) -> None:
    """After a constant past, nothing is rarer than 10 to the minus 12, and the least value is not rare at all."""
    subject = tails()
    for _ in range(5000):
        learn(subject, value)
    assert rarity(subject, [0.0, 1e6, 1e300]).tolist() == [0.0, RAREST, RAREST]


def test_a_value_never_seen_is_rarer_than_any_seen() -> None:
    """Beyond the largest of a thousand readings, rarity goes on growing past one in a thousand."""
    subject = tails()
    for value in np.random.default_rng(4).permutation(np.linspace(0.0, 1.0, 1000)):
        learn(subject, float(value))
    beyond = rarity(subject, [1.4, 1.8, 2.2])
    assert beyond[0] > 2.5
    assert (np.diff(beyond) > 0.5).all()


def test_a_new_channel_borrows_the_reference() -> None:
    """Before anything is learnt, p is the reference's own: (1 + z) to the minus 2."""
    for z in (0.1, 1.0, 9.0, 99.0):
        assert rarity(tails(), [np.log1p(z)])[0] == pytest.approx(2.0 * np.log10(1.0 + z), rel=1e-3)


def test_every_new_channel_borrows_its_own_ladders() -> None:
    """Channels that come later stand on the reference too, whatever the earlier ones have learnt."""
    subject = tails()
    for _ in range(100):
        learn(subject, 0.01)
    subject.grow(3)
    values = np.full((2, 1), 1.5)
    assert np.array_equal(subject.rarity(np.array([1, 2]), values), tails(channels=2).rarity(np.arange(2), values))


def test_what_was_borrowed_fades_beside_what_was_learnt() -> None:
    """The more of its own calm past a channel has, the rarer it calls a value that a new channel knows."""
    subject, said, count = tails(), [], 0
    for until in (0, 30, 300, 3000):
        for _ in range(until - count):
            learn(subject, 0.05)
        count = until
        said.append(float(rarity(subject, [1.5])[0]))
    assert said == sorted(said)
    assert said[-1] > said[0] + 1.0


@pytest.mark.parametrize("weight", [0.0, 0.1])
def test_a_suspect_reading_moves_the_ladder_by_its_weight(weight: float) -> None:
    """A reading of a tenth moves the rungs and counts as a tenth; one of nothing moves nothing."""
    subject, whole = tails(), tails()
    before = subject.block.rungs[0].copy()
    learn(subject, 9.0, weight=weight)
    learn(whole, 9.0)
    moved, fully = (one.block.rungs[0] - before for one in (subject, whole))
    assert moved == pytest.approx(weight * fully, rel=0.05)
    assert subject.block.experience[0] == pytest.approx(BORROWED + weight)


@pytest.mark.parametrize("gap_s", [1.0, 60.0, 3600.0])
def test_experience_is_what_the_memory_holds(gap_s: float) -> None:
    """At any cadence, a channel that speaks for ever rests on one memory's worth of readings, or on what it borrowed."""
    memory_s = 500.0 * gap_s
    subject = tails(memory_s)
    for _ in range(3000):
        learn(subject, 0.5, gap_s=gap_s)
    assert subject.block.experience[0] == pytest.approx(500.0, rel=0.01)
    learn(subject, 0.5, gap_s=100.0 * memory_s)
    assert subject.block.experience[0] == BORROWED + 1.0


def test_a_shifted_past_is_forgotten_with_the_memory() -> None:
    """After several memories of a new law, what was rare under the old one is ordinary."""
    generator, subject = np.random.default_rng(5), tails(memory_s=1000.0)
    for scale in (0.1, 1.0):
        for value in generator.exponential(scale, 5000):
            learn(subject, float(value))
    assert rarity(subject, [1.0])[0] < 1.0


def test_one_outlier_moves_the_tail_by_a_bounded_stretch() -> None:
    """A single monstrous value leaves the next strange reading strange."""
    subject = tails()
    for value in np.random.default_rng(6).exponential(0.2, 2000):
        learn(subject, float(value))
    before = float(rarity(subject, [2.0])[0])
    learn(subject, 1e9)
    assert rarity(subject, [2.0])[0] > 0.5 * before


def test_memory_is_constant() -> None:
    """A channel's tails take the same bytes after a thousand readings as before the first."""
    subject = tails()
    before = sum(array.nbytes for array in subject.block.arrays().values())
    for value in np.random.default_rng(3).exponential(1.0, 1000):
        learn(subject, float(value))
    assert sum(array.nbytes for array in subject.block.arrays().values()) == before


def test_streams_and_channels_are_calibrated_apart() -> None:
    """What one channel or stream learns moves no other."""
    subject = tails(channels=2, streams=3)
    for _ in range(100):
        subject.learn(ONE, np.array([[0.1, 2.0, 4.0]]), np.array([1.0]), np.array([1.0]))
    said = subject.rarity(np.arange(2), np.full((2, 3), 2.0))
    assert said[1].tolist() == [said[1, 0]] * 3
    assert said[0, 0] > said[0, 1] > said[0, 2]


def test_the_assumed_reference_is_a_ladder() -> None:
    """Its rungs rise, and its tails are of one length, as those of an exponential are."""
    reference = assumed_reference(2)
    assert reference.shape == (2, 2, RUNGS)
    assert np.exp(-2.0 * reference[0, 0]) == pytest.approx(SHARES)
    assert np.unique(reference[:, 1]).tolist() == [0.5]


def test_no_rows_are_no_trouble() -> None:
    """An empty step says and learns nothing."""
    subject, nobody = tails(), np.empty(0, np.intp)
    assert subject.rarity(nobody, np.empty((0, 1))).shape == (0, 1)
    subject.learn(nobody, np.empty((0, 1)), np.empty(0), np.empty(0))
