"""The adaptive head: what it learns, how it forgets, and what cannot harm it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.forecast.head import MEMORY_S, PRIOR, Head, Lesson
from detector.settings import HeadKind

REGRESSORS = 20
ADAPTIVE = [HeadKind.RLS, HeadKind.LMS]
ONE = np.zeros(1, np.intp)


def head(kind: HeadKind, channels: int = 1) -> Head:
    """Return a head that has learnt nothing."""
    subject = Head(kind, REGRESSORS)
    subject.block.grow(channels)
    return subject


def lesson(residual: float, *, noise: float = 0.1, trust: float = 1.0, gap_s: float = 60.0) -> Lesson:
    """Return one row's lesson."""
    return Lesson(*(np.full(1, number) for number in (residual, noise, trust, gap_s)))


def drawn(seed: int, count: int) -> NDArray[np.float32]:
    """Return seeded regressors (count, 1, REGRESSORS)."""
    return np.random.default_rng(seed).standard_normal((count, 1, REGRESSORS)).astype(np.float32)


TRUTH = np.linspace(-0.5, 0.5, REGRESSORS)


def taught(kind: HeadKind, count: int, outlier: float = 0.0) -> Head:
    """Return a head that was shown a linear law; every tenth target is off by `outlier`."""
    subject = head(kind)
    for step, seen in enumerate(drawn(1, count)):
        target = float(seen[0] @ TRUTH) + (outlier if step % 10 == 9 else 0.0)
        subject.learn(ONE, seen, lesson(target - float(subject.correct(ONE, seen)[0])))
    return subject


@pytest.mark.parametrize("kind", HeadKind)
def test_a_new_head_corrects_nothing(kind: HeadKind) -> None:
    """Before the first lesson the network has the only say."""
    assert head(kind).correct(ONE, drawn(1, 1)[0]).tolist() == [0.0]


@pytest.mark.parametrize(("kind", "lessons"), [(HeadKind.RLS, 100), (HeadKind.LMS, 1000)])
def test_a_head_learns_a_linear_law(kind: HeadKind, lessons: int) -> None:
    """The joint head needs a hundred lessons, the cheap one a thousand."""
    assert taught(kind, lessons).block.weights[0, :REGRESSORS] == pytest.approx(TRUTH, abs=0.05)


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_outliers_hardly_count(kind: HeadKind) -> None:
    """With every tenth target off by a thousand noises, what was learnt is still the law."""
    assert taught(kind, 2000, outlier=100.0).block.weights[0, :REGRESSORS] == pytest.approx(TRUTH, abs=0.1)


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_what_is_not_trusted_teaches_nothing(kind: HeadKind) -> None:
    """A row without trust moves neither coefficients nor what is known of them."""
    subject = taught(kind, 50)
    weights, covariance = subject.block.weights.copy(), subject.block.covariance.copy()
    subject.learn(ONE, drawn(2, 1)[0], lesson(5.0, trust=0.0))
    assert np.array_equal(subject.block.weights, weights)
    assert subject.block.covariance == pytest.approx(covariance, abs=1e-7)


@pytest.mark.parametrize("kind", ADAPTIVE)
@pytest.mark.parametrize("gap_s", [60.0, 3600.0])
def test_a_head_forgets_in_wall_clock_time(kind: HeadKind, gap_s: float) -> None:
    """Rows of zeros, of which nothing can be learnt, let it forget: after one memory a third is left, at any cadence."""
    subject = taught(kind, 200)
    weight, known = float(subject.block.weights[0, 0]), float(subject.block.covariance[0, 0, 0, 0])
    for _ in range(round(MEMORY_S / gap_s)):
        subject.learn(ONE, np.zeros((1, REGRESSORS), np.float32), lesson(0.3, gap_s=gap_s))
    left = np.exp(-1.0)
    assert subject.block.weights[0, 0] == pytest.approx(left * weight, rel=0.01)
    assert subject.block.covariance[0, 0, 0, 0] == pytest.approx(left * known + (1.0 - left) * PRIOR, rel=0.01)


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_regressors_that_never_move_do_not_wind_up(kind: HeadKind) -> None:
    """Thousands of rows of one and the same regressors leave a covariance within the prior and finite weights."""
    subject, same = head(kind), np.full((1, REGRESSORS), 3.0, np.float32)
    same[0, 5:] = 0.0
    for _ in range(3000):
        subject.learn(ONE, same, lesson(1.0 - float(subject.correct(ONE, same)[0]), noise=0.02, gap_s=1.0))
    eigenvalues = np.linalg.eigvalsh(subject.block.covariance[0].astype(np.float64))
    assert eigenvalues.max() <= PRIOR * 1.001
    assert eigenvalues.min() > -1e-6
    assert subject.correct(ONE, same)[0] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("kind", HeadKind)
@pytest.mark.parametrize("count", [1, 127, 128, 300])
def test_a_row_learns_the_same_in_any_company(kind: HeadKind, count: int) -> None:
    """Alone or among hundreds, at any place, a channel's head ends with the same bits."""
    together, alone = head(kind, count), head(kind)
    seen = np.random.default_rng(3).standard_normal((4, count, REGRESSORS)).astype(np.float32)
    place, slots = count // 2, np.arange(count)
    for rows in seen:
        lessons = Lesson(rows[:, 0].astype(float), *(np.full(count, number) for number in (0.3, 1.0, 60.0)))
        one = Lesson(rows[place : place + 1, 0].astype(float), *(np.full(1, number) for number in (0.3, 1.0, 60.0)))
        together.learn(slots, rows, lessons)
        alone.learn(ONE, rows[place : place + 1], one)
        assert together.correct(slots, rows)[place] == alone.correct(ONE, rows[place : place + 1])[0]
    for name, column in alone.block.arrays().items():
        assert np.array_equal(together.block.arrays()[name][place], column[0]), name


def test_memory_is_within_its_bounds() -> None:
    """With 64 regressors a channel's head takes less than 4.5 kB, the cheap one less than 600 bytes, none nothing."""
    sizes = {}
    for kind in HeadKind:
        subject = Head(kind, 64)
        subject.block.grow(100)
        sizes[kind] = sum(column.nbytes for column in subject.block.arrays().values()) / 100
    assert sizes[HeadKind.RLS] < 4500
    assert sizes[HeadKind.LMS] < 600
    assert sizes[HeadKind.NONE] == 0
