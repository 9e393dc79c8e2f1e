"""The training loop, on runs of a second."""

from dataclasses import replace

import numpy as np
import pytest

from detector.errors import DetectorError
from detector.fit.accuracy import forecast_ratio
from detector.fit.corpus import CorpusPlan, draw_corpus
from detector.fit.dataset import Sequences, sequences_of
from detector.fit.training import EpochLoss, Recipe, Trainer, split
from detector.forecast.cell import CellKind
from detector.forecast.network import Network
from detector.forecast.series import Series
from detector.settings import HeadKind

TINY = Recipe(hidden=4, epochs=2, rows=4, window_steps=32)


def corpus_sequences(seed: int) -> Sequences:
    """Return a few short synthetic signals as sequences."""
    return sequences_of(list(draw_corpus(CorpusPlan(signals=8, length=120, seed=seed))), longest=64)


def trained(recipe: Recipe) -> tuple[Trainer, list[EpochLoss]]:
    """Train to the end."""
    trainer = Trainer(recipe, corpus_sequences(1), corpus_sequences(2))
    return trainer, list(trainer.epochs())


@pytest.mark.parametrize("kind", list(CellKind))
def test_the_same_seed_gives_the_same_weights(kind: CellKind) -> None:
    """Two trainings of one recipe on the same sequences end with the same bits and the same losses."""
    recipe = replace(TINY, cell=kind)
    (one, losses), (again, losses_again) = trained(recipe), trained(recipe)
    assert losses == losses_again
    assert all(np.array_equal(one.best[name], again.best[name]) for name in one.best)


def test_another_seed_gives_other_weights() -> None:
    """The seed decides the first weights and the order of the sequences."""
    one, other = trained(TINY)[0], trained(replace(TINY, seed=2))[0]
    assert not np.array_equal(one.best["head.weight"], other.best["head.weight"])


@pytest.mark.parametrize("kind", list(CellKind))
def test_a_network_learns_an_alternation(kind: CellKind) -> None:
    """On channels that jump to and fro, forecasts come to be far better than the last value."""
    moments = np.arange(200, dtype=np.int64) * 60_000_000
    noise = np.random.default_rng(1).normal(0.0, 0.05, (12, 200))
    channels = [Series(f"d{row}", "value", moments, np.arange(200) % 2 + noise[row]) for row in range(12)]
    sequences = sequences_of(channels)
    recipe = replace(TINY, cell=kind, hidden=8, epochs=12, rows=12, window_steps=50, learning_rate=0.04)
    trainer = Trainer(recipe, sequences, sequences)
    losses = list(trainer.epochs())
    ratio = forecast_ratio(Network.from_tensors(kind, trainer.best), channels, HeadKind.NONE)
    assert losses[-1].validation < losses[0].validation
    assert ratio.median < 0.3
    assert ratio.better == 1.0


def test_training_stops_when_patience_ends() -> None:
    """When validation does not improve for `patience` epochs the training ends, with the best weights kept."""
    trainer = Trainer(replace(TINY, epochs=50, patience=2, learning_rate=0.3), corpus_sequences(1), corpus_sequences(2))
    losses, weights = [], {}
    for loss in trainer.epochs():
        losses.append(loss)
        weights[loss.epoch] = trainer.best["embed.weight"]
    best = max(loss.epoch for loss in losses if loss.best)
    assert losses[-1].epoch == best + 2 < 50
    assert np.array_equal(trainer.best["embed.weight"], weights[best])
    assert min(losses, key=lambda loss: loss.validation).epoch == best


def test_a_tenth_of_the_series_is_kept_for_validation() -> None:
    """No series is lost or on both sides, and the seed alone draws the lot."""
    train, validation = split(list(range(50)), seed=3)
    assert len(validation) == 5
    assert sorted(train + validation) == list(range(50))
    assert (train, validation) == split(list(range(50)), seed=3) != split(list(range(50)), seed=4)


def test_one_series_alone_is_refused() -> None:
    """With a single channel there would be nothing to validate on, and the error says so."""
    with pytest.raises(DetectorError, match=r"expected at least two channels .* got 1"):
        split(["lonely"], seed=1)
