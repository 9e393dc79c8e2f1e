"""The small regression of each channel on its peers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.anomaly.peer_fit import FULL_WEIGHT_H, PRIOR, SEATS, WIDTH, PeerFit


def regressors(seed: int, count: int) -> NDArray[np.float32]:
    """Return ordinary regressors (count, WIDTH)."""
    drawn = np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32)
    drawn[:, 0] = 1.0
    return drawn


def fits(channels: int) -> PeerFit:
    """Return regressions that have seen nothing."""
    subject = PeerFit()
    subject.block.grow(channels)
    subject.restart(np.arange(channels), np.zeros(channels))
    return subject


def taught(subject: PeerFit, seed: int, steps: int, weights: NDArray[np.float32]) -> PeerFit:
    """Let every channel learn numbers that are exactly `weights` (WIDTH,) times its regressors."""
    slots = np.arange(len(subject.block))
    for step in range(steps):
        drawn = regressors(seed + step, len(slots))
        projection = subject.project(slots, drawn)
        innovation = (drawn * weights).sum(axis=1) - projection.expected
        subject.learn(slots, projection, innovation, np.full(len(slots), FULL_WEIGHT_H))
    return subject


def test_it_is_ridge_regression() -> None:
    """After any readings the weights are those of least squares with the prior's penalty, solved at once."""
    drawn, target = regressors(1, 60), np.random.default_rng(2).standard_normal(60)
    subject = fits(1)
    for row in range(60):
        projection = subject.project(np.zeros(1, np.intp), drawn[row : row + 1])
        innovation = target[row : row + 1] - projection.expected
        subject.learn(np.zeros(1, np.intp), projection, innovation, np.full(1, 10.0))
    exact = np.asarray(drawn, np.float64)
    solved = np.linalg.solve(exact.T @ exact + np.diag(1.0 / PRIOR), exact.T @ target)
    assert np.allclose(subject.block.weights[0], solved, atol=1e-4)


@given(st.integers(1, 70), st.integers(0, 69), st.integers(0, 1000))
def test_a_regression_does_not_see_its_neighbours(count: int, place: int, seed: int) -> None:
    """A row projected and learnt alone has the same bits as in any batch, at any place."""
    place, weights = place % count, regressors(seed, 1)[0]
    together, alone = taught(fits(count), seed, 3, weights), fits(1)
    for step in range(3):
        drawn = regressors(seed + step, count)[place : place + 1]
        projection = alone.project(np.zeros(1, np.intp), drawn)
        innovation = (drawn * weights).sum(axis=1) - projection.expected
        alone.learn(np.zeros(1, np.intp), projection, innovation, np.full(1, FULL_WEIGHT_H))
    for name in ("weights", "covariance"):
        assert np.array_equal(getattr(alone.block, name)[0], getattr(together.block, name)[place])


def test_what_was_never_seen_is_novel_and_what_was_often_seen_is_not() -> None:
    """Novelty falls as readings teach, and is large for regressors in a direction that never occurred."""
    subject = taught(fits(1), 1, 400, np.zeros(WIDTH, np.float32))
    slot = np.zeros(1, np.intp)
    usual = subject.project(slot, regressors(3, 1)).novelty[0]
    assert usual < 0.2
    assert subject.project(slot, 10.0 * regressors(3, 1)).novelty[0] > 50.0 * usual


def test_readings_close_together_share_their_weight() -> None:
    """A quarter of an hour at one a second teaches as much as one reading that stands for it."""
    often, once, slot = fits(1), fits(1), np.zeros(1, np.intp)
    drawn = regressors(5, 1)
    for _ in range(900):
        projection = often.project(slot, drawn)
        often.learn(slot, projection, 1.0 - projection.expected, np.full(1, FULL_WEIGHT_H / 900))
    projection = once.project(slot, drawn)
    once.learn(slot, projection, 1.0 - projection.expected, np.full(1, FULL_WEIGHT_H))
    assert np.allclose(often.block.weights[0], once.block.weights[0], atol=1e-3)


def test_nothing_becomes_less_certain_than_at_the_start() -> None:
    """A year of readings that say nothing of the peers leaves every variance between nothing and the prior's."""
    subject, slot = fits(1), np.zeros(1, np.intp)
    drawn = np.zeros((1, WIDTH), np.float32)
    drawn[0, 0] = 1.0
    for _ in range(24 * 365):
        subject.learn(slot, subject.project(slot, drawn), np.zeros(1), np.ones(1))
        subject.forget()
    variances = subject.block.covariance[0, 0]
    assert (variances > 0.0).all()
    assert (variances <= PRIOR * 1.0001).all()


def test_a_new_peer_in_a_seat_starts_without_a_past() -> None:
    """Its weight is nothing, its uncertainty full, and the other weights stay."""
    subject = taught(fits(2), 7, 100, np.full(WIDTH, 0.5, np.float32))
    before = subject.block.weights.copy()
    subject.reseat(np.array([1]), np.array([4]))
    place = SEATS.start + 4
    assert subject.block.weights[1, place] == 0.0
    assert subject.block.covariance[1, 0, place] == PRIOR[place]
    before[1, place] = 0.0
    assert np.array_equal(subject.block.weights, before)


def test_both_copies_of_a_pair_stay_one() -> None:
    """The longest diagonal has every pair twice; whatever is learnt and forgotten, both have the same bits."""
    subject, slots, generator = fits(16), np.arange(16), np.random.default_rng(1)
    quiet = 10.0 ** generator.uniform(-4.0, 0.0, (16, WIDTH))  # of some peers little is learnt: they stay at the prior
    for hour in range(50):
        drawn = (regressors(hour, 16) * quiet).astype(np.float32)
        subject.learn(slots, subject.project(slots, drawn), np.zeros(16), generator.uniform(0.0, 0.5, 16))
        subject.forget()
    longest = subject.block.covariance[:, -1]
    assert np.array_equal(longest, np.roll(longest, WIDTH // 2, axis=1))
    assert np.count_nonzero(longest) > 0
