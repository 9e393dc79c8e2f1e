"""The model card: what a network is, what it was trained on and how well it forecasts; for machines and for people.

In: what training used and what came of it. Out: `card.json` as a dict, and `README.md` with its loss curve as text.
There is no date and no clock in it unless one is given, so that the same training gives the same card.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from detector import __version__
from detector.fit.accuracy import ForecastRatio
from detector.fit.dataset import MEMORY_S, TARGET_LIMIT, WARM_UP_READINGS
from detector.fit.network import EMBEDDING
from detector.fit.training import EpochLoss, Recipe
from detector.forecast.scaling import FEATURES


@dataclass(frozen=True, slots=True)
class TrainingSource:
    """What the network was trained on."""

    paths: list[str]
    """As the user gave them."""
    channels: int
    readings: int
    sha256: str
    """Of names, times and values, see `series.fingerprint`."""
    corpus: dict[str, int] | None
    """The plan of a synthetic corpus; None for other recordings."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a training."""

    losses: Sequence[EpochLoss]
    parameters: int
    validation: Mapping[str, ForecastRatio]
    """Of each forecaster, by name."""


def build_card(source: TrainingSource, recipe: Recipe, outcome: Outcome, date: str | None) -> dict[str, Any]:
    """Return the machine-readable card."""
    kept = max((loss.epoch for loss in outcome.losses if loss.best), default=0)
    return {
        "date": date,
        "network": {
            "cell": recipe.cell.value,
            "hidden": recipe.hidden,
            "embedding": EMBEDDING,
            "features": FEATURES,
            "parameters": outcome.parameters,
        },
        "trained_on": asdict(source),
        "recipe": asdict(recipe) | {"cell": recipe.cell.value},
        "features": {"memory_s": MEMORY_S, "warm_up_readings": WARM_UP_READINGS, "target_limit": TARGET_LIMIT},
        "epochs_run": len(outcome.losses),
        "epoch_kept": kept,
        "loss": {
            "train": [round(loss.train, 6) for loss in outcome.losses],
            "validation": [round(loss.validation, 6) for loss in outcome.losses],
        },
        "forecast_error_relative_to_last_value": {name: asdict(ratio) for name, ratio in outcome.validation.items()},
        "versions": {
            "detector": __version__,
            "python": ".".join(map(str, sys.version_info[:3])),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
    }


def render_card(card: Mapping[str, Any]) -> str:
    """Return the card as a page for people."""
    network, source, ratios = card["network"], card["trained_on"], card["forecast_error_relative_to_last_value"]
    series = next(iter(ratios.values()))["series"]
    return f"""\
# Model card

One small recurrent network, shared by every channel of every device. It sees a channel's level, last step, scales,
clock and gap, and says how the next reading will differ from the last: a Student-t distribution in units of the
channel's usual step. It has never seen your plant; what belongs to one channel is learnt on the spot, by the
scales, the head and the tails of that channel. Until a channel has tails of its own it borrows those of the validation channels.

{_picture(card)}| | |
|---|---|
| Network | {FEATURES} features → {network["embedding"]} → {network["cell"].upper()} {network["hidden"]} → 3; {network["parameters"]:,} parameters |
| Trained on | {_describe(source)} |
| Readings | {source["readings"]:,} in {source["channels"]:,} channels, a tenth of the channels kept for validation |
| Fingerprint of these readings | `{source["sha256"]}` |
| Training | {_training(card)}; seed {card["recipe"]["seed"]} |
| Versions | {", ".join(f"{name} {version}" for name, version in card["versions"].items())} |
| Date | {card["date"] or "not stated, so that the same training gives the same card"} |

## How well it forecasts
Sum of absolute residuals, relative to forecasting the last value (1.0 is no better than that; lower is better),
on the {series:,} validation channels that ever change, through the same code that serves the daemon. `lms` and `rls`
are the heads by which each channel corrects the network (`engine.head`); autoregression is `rls` without the network.

| | median over channels | over all readings | channels better than the last value |
|---|---|---|---|
{_rows(ratios)}

## What it is for, and what not
For forecasting one step ahead, as an input to the detector's scores. By itself it is not a detector, and on some
channels the last value forecasts as well. Cadences from one second to one hour were trained on; slower ones were not.

## Files
`weights.safetensors` (the weights; no pickle) · `card.json` (this page, and the whole loss curve, for machines){" · `loss.svg`" if card["epochs_run"] else ""}.
"""


def _rows(ratios: Mapping[str, Mapping[str, float]]) -> str:
    """Return the rows of the table of forecasters."""
    return "\n".join(
        f"| {name} | {ratio['median']:.3f} | {ratio['pooled']:.3f} | {ratio['better']:.0%} |"
        for name, ratio in ratios.items()
    )


def _picture(card: Mapping[str, Any]) -> str:
    """Return the loss curve, where there was any training."""
    return "![Loss of each epoch](loss.svg)\n\n" if card["epochs_run"] else ""


def _training(card: Mapping[str, Any]) -> str:
    """Say in words how it was trained."""
    if not card["epochs_run"]:
        return "none: weights as they were drawn, a reservoir, to see what training is worth"
    return f"{card['epochs_run']} epochs, the weights of epoch {card['epoch_kept']}"


def _describe(source: Mapping[str, Any]) -> str:
    """Say in words what the network was trained on."""
    corpus = source["corpus"]
    if corpus is None:
        return f"recordings: {', '.join(f'`{path}`' for path in source['paths'])}"
    plan = f"--signals {corpus['signals']} --length {corpus['length']} --seed {corpus['seed']}"
    return f"synthetic signals only, version {corpus['version']}: `detector corpus --out DIR {plan}`"
