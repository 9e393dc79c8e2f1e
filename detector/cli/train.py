"""`detector train`: recordings to a model folder. Torch is imported only when this runs."""

import argparse
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from detector.cli.arguments import positive_count, positive_number
from detector.clock import SystemClock
from detector.errors import DetectorError
from detector.forecast.cell import CellKind

if TYPE_CHECKING:
    from detector.fit.card import TrainingSource
    from detector.fit.training import EpochLoss
    from detector.forecast.series import Series


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="PATH", help="recordings, or folders of them"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="model folder to write")
    parser.add_argument(
        "--cell",
        type=CellKind,
        choices=list(CellKind),
        default=CellKind.LSTM,
        help="recurrent cell (default: %(default)s)",
    )
    parser.add_argument(
        "--hidden", type=positive_count, default=48, help="width of the hidden state (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same weights (default: %(default)s)"
    )
    parser.add_argument("--epochs", type=positive_count, default=40, help="most epochs (default: %(default)s)")
    parser.add_argument(
        "--untrained",
        action="store_true",
        help="keep the weights as they were drawn: a reservoir, to see what training is worth",
    )
    parser.add_argument("--minutes", type=positive_number, help="stop at the end of the epoch in which this time is up")
    parser.add_argument(
        "--date", help="date to state in the model card (default: none, so that the card is reproducible)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, train, check and write."""
    if importlib.util.find_spec("torch") is None:
        raise DetectorError(
            "training needs torch, which is not installed; install it with: pip install 'detector[train]'"
        )
    from detector.edge.model_file import REFERENCE, save_model
    from detector.fit.accuracy import compare
    from detector.fit.card import Outcome, build_card, render_card
    from detector.fit.dataset import SEQUENCE_STEPS, WARM_UP_READINGS, sequences_of
    from detector.fit.loss_picture import loss_picture
    from detector.fit.reference import reference_tails
    from detector.fit.series import load_series
    from detector.fit.training import Recipe, Trainer, split
    from detector.forecast.network import Network
    from detector.settings import EngineSettings

    recipe = Recipe(cell=arguments.cell, hidden=arguments.hidden, seed=arguments.seed, epochs=arguments.epochs)
    console = Console(stderr=True)
    with console.status("reading recordings"):
        series = [one for one in load_series(arguments.data) if len(one) > WARM_UP_READINGS]
        train, kept = split(series, recipe.seed)
        trainer = Trainer(recipe, sequences_of(train, SEQUENCE_STEPS), sequences_of(kept))
    epochs = iter(()) if arguments.untrained else trainer.epochs()
    losses = _watch(epochs, _progress(console, recipe.epochs), arguments.minutes)
    network = Network.from_tensors(recipe.cell, trainer.best)
    parameters = sum(tensor.size for tensor in trainer.best.values())
    outcome = Outcome(losses, parameters, compare(network, kept))
    card = build_card(_describe(arguments.data, series), recipe, outcome, arguments.date)
    tails = reference_tails(network, kept, EngineSettings().memory)
    save_model(arguments.out, recipe.cell, {**trainer.best, REFERENCE: tails}, card)
    if losses:
        (arguments.out / "loss.svg").write_text(loss_picture(losses), encoding="utf-8")
    (arguments.out / "README.md").write_text(render_card(card), encoding="utf-8")
    return 0


def _describe(paths: list[Path], series: "list[Series]") -> "TrainingSource":
    """Say what was read, and whether it was one synthetic corpus."""
    from detector.fit.card import TrainingSource
    from detector.fit.corpus import describe_corpus
    from detector.fit.series import fingerprint

    readings = sum(len(one) for one in series)
    corpus = describe_corpus(paths[0]) if len(paths) == 1 else None
    return TrainingSource([path.as_posix() for path in paths], len(series), readings, fingerprint(series), corpus)


def _watch(epochs: "Iterator[EpochLoss]", progress: Progress, minutes: float | None) -> "list[EpochLoss]":
    """Train to the end, or until the time is up, with a bar on a terminal and nothing in a pipe."""
    clock = SystemClock()
    began, losses = clock.mono(), []
    with progress:
        for loss in epochs:
            losses.append(loss)
            text = f"epoch {loss.epoch}: train {loss.train:.3f}, validation {loss.validation:.3f}"
            progress.update(progress.task_ids[0], completed=loss.epoch, description=text)
            if minutes is not None and clock.mono() - began > 60.0 * minutes:
                break
    return losses


def _progress(console: Console, epochs: int) -> Progress:
    """Return the bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, disable=not console.is_terminal)
    progress.add_task("training", total=epochs)
    return progress
