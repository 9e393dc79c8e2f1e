"""Series to feature rows and targets."""

import numpy as np
import pytest

from detector.fit.corpus import CorpusPlan, draw_corpus
from detector.fit.dataset import MEMORY_S, TARGET_LIMIT, WARM_UP_READINGS, sequences_of
from detector.forecast.scaling import ScaleBlock, features
from detector.forecast.series import Series
from detector.settings.root import EngineSettings


def ramp(length: int, slope: float = 1.0) -> Series:
    """Return a channel that grows by `slope` each second."""
    moments = np.arange(length, dtype=np.int64) * 1_000_000
    return Series("ramp", "value", moments, slope * np.arange(length, dtype=np.float64))


def test_features_are_those_that_the_service_computes() -> None:
    """A series stepped through a scale block of its own, reading by reading, meets the very same feature rows."""
    many = list(draw_corpus(CorpusPlan(signals=4, length=60, seed=2)))
    sequences = sequences_of(many)
    block, slot = ScaleBlock(MEMORY_S), np.array([0])
    block.grow(1)
    one = many[2]
    block.update(slot, one.values[:1], np.zeros(1))
    for step in range(59):
        gap_s = (one.at_us[step + 1 : step + 2] - one.at_us[step]) / 1_000_000
        seen = features(block.of(slot), gap_s, one.at_us[step + 1 : step + 2])
        assert seen[0] == pytest.approx(sequences.features[2, step], rel=1e-6, abs=1e-6)
        block.update(slot, one.values[step + 1 : step + 2], gap_s)


def test_the_target_of_a_steady_ramp_is_one_step_unit() -> None:
    """A channel that always moves by the same amount has that amount as its unit, once warmed up."""
    sequences = sequences_of([ramp(400), ramp(400, -5.0)])
    settled = sequences.target[:, 100:]
    assert np.sign(settled).tolist() == [[1.0] * settled.shape[1], [-1.0] * settled.shape[1]]
    assert np.all(np.abs(settled) <= 1.0 / 0.9)


def test_targets_are_limited() -> None:
    """A jump of a thousand step units counts as thirty."""
    series = ramp(100)
    series.values[60:] += 1000.0
    assert sequences_of([series]).target.max() == TARGET_LIMIT


def test_warm_up_and_padding_do_not_count() -> None:
    """Of series of unequal length, only steps after warm-up and before the end are learnt from."""
    counted = sequences_of([ramp(50), ramp(30)]).counted
    assert counted.shape == (2, 49)
    assert counted.sum(axis=1).tolist() == [50 - WARM_UP_READINGS, 30 - WARM_UP_READINGS]
    assert not counted[1, 29:].any()


def test_cutting_keeps_every_step_that_counts() -> None:
    """Pieces hold the same counted steps in the same order, and a short series takes few of them."""
    whole = sequences_of([ramp(100), ramp(40)])
    pieces = sequences_of([ramp(100), ramp(40)], longest=32)
    assert pieces.target.shape == (6, 32)
    assert np.array_equal(pieces.target[pieces.counted], whole.target[whole.counted])
    assert np.array_equal(pieces.features[pieces.counted], whole.features[whole.counted])


def test_cutting_longer_than_the_sequences_changes_nothing() -> None:
    """Short series are not padded up to the length of a piece."""
    assert sequences_of([ramp(100)], longest=2048).target.shape == sequences_of([ramp(100)]).target.shape == (1, 99)


def test_training_remembers_as_long_as_the_service_does_by_default() -> None:
    """The memory of scales in training is the default of `engine.memory`."""
    assert EngineSettings.model_fields["memory"].default == MEMORY_S
