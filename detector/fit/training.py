"""Training: truncated back-propagation through time, a cosine schedule, an early stop; the same seed, the same bits.

In: a recipe and sequences. Out: the loss of each epoch as it ends, and the best weights seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, inf, pi
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from detector.errors import DetectorError
from detector.fit.dataset import Sequences
from detector.fit.network import State, TrainableNetwork, detached
from detector.forecast.cell import CellKind

VALIDATION_SHARE = 0.1
"""Of the series."""

BETAS = (0.9, 0.98)
"""Decay of Adam's moments. Surprises at noise-free channels are rare and huge; with the usual 0.999 training lurches."""

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that determines a training besides its sequences."""

    cell: CellKind = CellKind.LSTM
    hidden: int = 48
    seed: int = 1
    epochs: int = 40
    patience: int = 10
    rows: int = 64
    """Sequences in a batch."""
    window_steps: int = 128
    """Steps through which gradients flow; the state is carried on from one window to the next."""
    learning_rate: float = 4e-3
    gradient_limit: float = 1.0


@dataclass(frozen=True, slots=True)
class EpochLoss:
    """Mean negative log likelihood of a step, in nats, and whether validation was never lower."""

    epoch: int
    train: float
    validation: float
    best: bool


def split(series: Sequence[Kept], seed: int) -> tuple[list[Kept], list[Kept]]:
    """Return (train, validation), a tenth of the series for validation, at least one, drawn by the seed.

    Raises: DetectorError for fewer than two series.
    """
    if len(series) < 2:
        raise DetectorError(
            f"expected at least two channels long enough to train on, one of them kept for validation, got {len(series)}"
        )
    order = np.random.default_rng(seed).permutation(len(series))
    kept = max(1, round(VALIDATION_SHARE * len(series)))
    return [series[row] for row in sorted(order[kept:])], [series[row] for row in sorted(order[:kept])]


class Trainer:
    """One training; `epochs()` does the work, `best` holds the weights of the epoch with the lowest validation loss."""

    def __init__(self, recipe: Recipe, train: Sequences, validation: Sequences) -> None:
        """Seed torch, hold it to one thread (sums over threads round differently) and draw the first weights."""
        torch.manual_seed(recipe.seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        self._recipe, self._train, self._validation = recipe, _Tensors.of(train), _Tensors.of(validation)
        self._order = np.random.default_rng(recipe.seed)
        self._network = TrainableNetwork(recipe.cell, recipe.hidden)
        self._optimiser = torch.optim.Adam(self._network.parameters(), recipe.learning_rate, BETAS)
        self.best: dict[str, NDArray[np.float32]] = self._network.tensors()

    def epochs(self) -> Iterator[EpochLoss]:
        """Train epoch by epoch; ends after the last, or when `patience` epochs brought nothing."""
        lowest, lowest_epoch = inf, 0
        for epoch in range(1, self._recipe.epochs + 1):
            train, validation = self._learn(epoch), self._judge()
            if validation < lowest:
                lowest, lowest_epoch, self.best = validation, epoch, self._network.tensors()
            yield EpochLoss(epoch, train, validation, lowest_epoch == epoch)
            if epoch - lowest_epoch >= self._recipe.patience:
                return

    def _learn(self, epoch: int) -> float:
        """Show every sequence once, in a new order; return the mean loss on the way."""
        order = torch.from_numpy(self._order.permutation(len(self._train.target)))
        batches = torch.split(order, self._recipe.rows)
        total = _Mean()
        for number, rows in enumerate(batches):
            done = (epoch - 1 + number / len(batches)) / self._recipe.epochs
            self._optimiser.param_groups[0]["lr"] = self._recipe.learning_rate * (0.02 + 0.49 * (1.0 + cos(pi * done)))
            state: State | None = None
            for window in self._train.windows(rows, self._recipe.window_steps):
                distribution, state = self._network(window.features, state)
                state = detached(state)
                self._descend(distribution.surprise(window.target)[window.counted], total)
        return total.value

    def _descend(self, losses: Tensor, total: "_Mean") -> None:
        """Take one step of gradient descent, unless nothing counts in this window."""
        if not len(losses):
            return
        self._optimiser.zero_grad()
        losses.mean().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), self._recipe.gradient_limit)
        self._optimiser.step()
        total.add(losses)

    @torch.no_grad()
    def _judge(self) -> float:
        """Return the mean loss on the validation sequences."""
        total = _Mean()
        for rows in torch.split(torch.arange(len(self._validation.target)), self._recipe.rows):
            for whole in self._validation.windows(rows, self._validation.target.shape[1]):
                distribution, _ = self._network(whole.features)
                total.add(distribution.surprise(whole.target)[whole.counted])
        return total.value


@dataclass(slots=True)
class _Mean:
    """A mean over pieces of unequal size."""

    total: float = 0.0
    count: int = 0

    def add(self, losses: Tensor) -> None:
        """Take in some losses."""
        self.total += float(losses.detach().double().sum())
        self.count += len(losses)

    @property
    def value(self) -> float:
        """Return the mean of all so far; infinite when there was nothing, so that it is never the best."""
        return self.total / self.count if self.count else inf


@dataclass(frozen=True, eq=False)
class _Tensors:
    """`Sequences` as torch sees them, without copying."""

    features: Tensor
    target: Tensor
    counted: Tensor

    @classmethod
    def of(cls, sequences: Sequences) -> "_Tensors":
        """Wrap the arrays."""
        return cls(*map(torch.from_numpy, (sequences.features, sequences.target, sequences.counted)))

    def windows(self, rows: Tensor, steps: int) -> Iterator["_Tensors"]:
        """Yield these rows in windows of at most `steps`, in order of time."""
        picked = self.features[rows], self.target[rows], self.counted[rows]
        for window in zip(*(torch.split(tensor, steps, dim=1) for tensor in picked), strict=True):
            yield _Tensors(*window)
