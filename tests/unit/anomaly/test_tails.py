"""Tails: how rare a value is among a channel's own past."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.tails import AXIS_END, BINS, RAREST, SUSPECT_WEIGHT, Tails, assumed_reference

FOR_EVER_S = 1e15
ONE = np.zeros(1, np.intp)


def tails(memory_s: float = FOR_EVER_S, channels: int = 1) -> Tails:
    """Return one stream's tails, nothing learnt."""
    subject = Tails(assumed_reference(1), memory_s)
    subject.block.grow(channels)
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
    count, channels = 2500, 40
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
    settled = np.array(said[500:])
    if law == "few values":  # cannot be rarer than its rarest value, and never says so more often than it comes
        assert (settled > 2.0).mean() <= 0.01
        return
    assert (settled > 1.0).mean() == pytest.approx(0.1, rel=0.15)
    assert 0.005 <= (settled > 2.0).mean() <= 0.013  # a Gaussian's tail is shorter than is assumed: fewer, never more
    assert (settled > 3.0).mean() <= 0.002


def test_a_stranger_value_is_never_less_rare() -> None:
    """Rarity grows with the value over the whole axis and beyond, for a new channel and for an experienced one."""
    axis = np.linspace(0.0, 3.0 * AXIS_END, 2000)
    subject = tails()
    assert (np.diff(rarity(subject, axis)) >= 0.0).all()
    for value in np.random.default_rng(2).exponential(0.5, 500):
        learn(subject, float(value))
    assert (np.diff(rarity(subject, axis)) >= 0.0).all()


def test_rarity_keeps_within_its_bounds() -> None:
    """Nothing is rarer than 10 to the minus 12, and the least value is not rare at all."""
    subject = tails()
    for _ in range(5000):
        learn(subject, 0.1)
    assert rarity(subject, [0.0])[0] == pytest.approx(0.0, abs=1e-3)
    assert rarity(subject, [1e6, 1e300]).tolist() == [RAREST, RAREST]


def test_a_value_never_seen_is_rarer_than_any_seen() -> None:
    """Beyond the largest of a thousand readings, rarity goes on growing past one in a thousand."""
    subject = tails()
    for value in np.linspace(0.0, 1.0, 1000):
        learn(subject, float(value))
    beyond = rarity(subject, [1.2, 1.6, 2.0])
    assert beyond[0] > 2.0
    assert (np.diff(beyond) > 0.5).all()


def test_a_new_channel_borrows_the_reference() -> None:
    """Before anything is learnt, p is the reference's own: (1 + z) to the minus 2."""
    for z in (9.0, 99.0):
        assert rarity(tails(), [np.log1p(z)])[0] == pytest.approx(2.0 * np.log10(1.0 + z), rel=0.15)


def test_what_was_borrowed_fades_beside_what_was_learnt() -> None:
    """The more of its own past a channel has, the less the reference says: a calm channel calls less rare things rare."""
    said = []
    subject = tails()
    for count in (0, 30, 300, 3000):
        while subject.block.counts[0].sum() < count:
            learn(subject, 0.05)
        said.append(float(rarity(subject, [1.5])[0]))
    assert said == sorted(said)
    assert said[-1] > said[0] + 1.0


def test_a_suspect_reading_is_hardly_learnt() -> None:
    """Its weight in the counts is a tenth."""
    subject = tails()
    learn(subject, 3.0, weight=SUSPECT_WEIGHT)
    assert subject.block.counts[0].sum() == pytest.approx(0.1)


@pytest.mark.parametrize("gap_s", [0.01, 0.1, 1.0, 60.0, 3600.0])
def test_half_of_the_past_fades_in_the_same_time_at_any_cadence(gap_s: float) -> None:
    """A week's memory halves in 4.9 days, however often a reading comes; here, the first 2,000 readings of that."""
    memory_s, count = 7 * 86_400.0, 2000
    subject = tails(memory_s)
    subject.block.counts[0, 0, :3] = 1000.0, 1370.0, 1999.0
    before = subject.block.counts[0].copy()
    for _ in range(count):
        learn(subject, 0.0, gap_s=gap_s, weight=0.0)
    owed = float(np.exp(-subject.block.owed_s[0] / memory_s))
    faded = np.log(subject.block.counts[0, 0, :3] * owed / before[0, :3])
    assert faded == pytest.approx(-count * gap_s / memory_s, rel=0.02)


def test_a_long_silence_forgets_and_borrows_again() -> None:
    """After a year of silence a channel stands where a new one stands."""
    subject = tails(7 * 86_400.0)
    for _ in range(100):
        learn(subject, 0.05)
    learn(subject, 0.05, gap_s=365 * 86_400.0, weight=0.0)
    assert rarity(subject, [1.5]) == pytest.approx(rarity(tails(), [1.5]))


def test_memory_is_constant() -> None:
    """A channel's tails take the same bytes after a thousand readings as before the first."""
    subject = tails()
    before = subject.block.counts.nbytes
    for value in np.random.default_rng(3).exponential(1.0, 1000):
        learn(subject, float(value))
    assert subject.block.counts.nbytes == before
    assert subject.block.counts.shape[1:] == (1, BINS)


def test_streams_and_channels_are_calibrated_apart() -> None:
    """What one channel or stream learns moves no other."""
    subject = Tails(assumed_reference(3), FOR_EVER_S)
    subject.block.grow(2)
    for _ in range(100):
        subject.learn(ONE, np.array([[0.1, 2.0, 4.0]]), np.array([1.0]), np.array([1.0]))
    values = np.full((2, 3), 2.0)
    said = subject.rarity(np.arange(2), values)
    assert said[1].tolist() == [said[1, 0]] * 3
    assert said[0, 0] > said[0, 1] > said[0, 2]


def test_the_assumed_reference_is_a_distribution() -> None:
    """Its shares sum to one and fall along the axis."""
    reference = assumed_reference(2)
    assert reference.shape == (2, BINS)
    assert reference.sum(axis=1) == pytest.approx(1.0)
    assert (np.diff(reference, axis=1) < 0.0).all()


def test_no_rows_are_no_trouble() -> None:
    """An empty step says and learns nothing."""
    subject, nobody = tails(), np.empty(0, np.intp)
    assert subject.rarity(nobody, np.empty((0, 1))).shape == (0, 1)
    subject.learn(nobody, np.empty((0, 1)), np.empty(0), np.empty(0))
