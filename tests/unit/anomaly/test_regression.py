"""The regressions that many channels learn at once."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.regression import Regression
from detector.anomaly.symmetric import products

PRIOR = np.array([1.0, 0.05, 0.05])


def learnt(weights: list[float], steps: int, *, excited: int = 3, keep: float = 1.0) -> Regression:
    """Return a regression of one channel that saw the first `excited` regressors vary, without noise."""
    subject, generator, slot = Regression(PRIOR), np.random.default_rng(1), np.array([0])
    subject.grow(1)
    for _ in range(steps):
        regressors = generator.standard_normal((1, 3)) * (np.arange(3) < excited)
        residual = regressors @ np.array(weights) - subject.expect(slot, regressors)
        subject.learn(slot, regressors, residual, np.array([keep]), np.array([1.0]))
    return subject


def doubts(subject: Regression) -> NDArray[np.float64]:
    """Return the covariance (3, 3) of the first channel: what it does to each of the directions."""
    return products(subject.block.doubt, np.zeros(3, np.intp), np.eye(3, dtype=np.float32)).astype(np.float64)


def test_it_finds_the_weights_that_made_the_values() -> None:
    """After a thousand readings without noise the weights are known to the prior's pull."""
    assert learnt([2.0, -1.0, 0.5], 1000).block.weights[0] == pytest.approx([2.0, -1.0, 0.5], abs=0.05)


def test_it_knows_nothing_before_it_learns() -> None:
    """A new channel expects zero, whatever the regressors."""
    assert learnt([1.0, 1.0, 1.0], 0).expect(np.array([0]), np.ones((1, 3))).tolist() == [0.0]


def test_what_is_not_excited_is_not_forgotten() -> None:
    """However fast the past fades, the doubt about a regressor that is always zero stays the prior's."""
    doubt = doubts(learnt([1.0, 1.0, 1.0], 5000, excited=2, keep=0.9))
    assert doubt[2].tolist() == pytest.approx([0.0, 0.0, 0.05])


def test_doubt_stays_positive() -> None:
    """Five thousand readings of forgetting leave a covariance that is one."""
    doubt = doubts(learnt([1.0, 1.0, 1.0], 5000, keep=0.999))
    assert np.linalg.eigvalsh(doubt).min() > 0.0


def test_a_row_of_little_weight_moves_little() -> None:
    """A twentieth of a reading moves a settled weight by about a twentieth."""
    moves = []
    for weight in (1.0, 0.05):
        subject, slot, one = learnt([0.0, 0.0, 0.0], 1000), np.array([0]), np.ones((1, 3))
        subject.learn(slot, one, np.array([1.0]), np.array([1.0]), np.array([weight]))
        moves.append(float(subject.block.weights[0, 0]))
    assert moves[1] == pytest.approx(moves[0] / 20, rel=0.05)


def test_a_reopened_channel_learns_as_a_new_one() -> None:
    """After reopening, one reading moves a long settled weight as far as the first one did."""
    settled, slot, one = learnt([0.0, 0.0, 0.0], 1000), np.array([0]), np.array([[1.0, 0.0, 0.0]])
    settled.reopen(slot)
    settled.learn(slot, one, np.array([1.0]), np.array([1.0]), np.array([1.0]))
    assert settled.block.weights[0, 0] == pytest.approx(0.5)


def test_a_forgotten_place_knows_nothing_of_the_old_regressor() -> None:
    """The place's weight is zero and it shares no doubt with the others."""
    subject = learnt([2.0, -1.0, 0.5], 100)
    subject.forget(0, 1)
    assert subject.block.weights[0, 1] == 0.0
    assert doubts(subject)[1].tolist() == pytest.approx([0.0, 0.05, 0.0])


def test_rows_do_not_see_their_neighbours() -> None:
    """A hundred rows learn the same bits together as one by one."""
    generator, slots = np.random.default_rng(3), np.arange(100)
    together, alone = Regression(np.ones(9)), Regression(np.ones(9))
    for subject in (together, alone):
        subject.grow(100)
    for _ in range(20):
        regressors, residuals = generator.standard_normal((100, 9)), generator.standard_normal(100)
        keep, weight = generator.uniform(0.9, 1.0, 100), generator.uniform(0.05, 1.0, 100)
        together.learn(slots, regressors, residuals, keep, weight)
        for row in slots:
            one = slice(row, row + 1)
            alone.learn(slots[one], regressors[one], residuals[one], keep[one], weight[one])
    assert np.array_equal(together.block.weights[:100], alone.block.weights[:100])
    assert np.array_equal(together.block.doubt[:100], alone.block.doubt[:100])
