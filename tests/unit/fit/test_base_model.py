"""The model that ships with the project."""

import json
from pathlib import Path

from detector.edge.model_file import load_model
from detector.fit.accuracy import compare, forecast_ratio
from detector.fit.corpus import CORPUS_VERSION, CorpusPlan, draw_corpus
from detector.settings import HeadKind

BASE = Path(__file__).parents[3] / "models" / "base"


def test_the_base_model_helps_on_signals_it_has_never_seen() -> None:
    """On forty signals of another seed its forecasts are clearly better than the last value."""
    series = list(draw_corpus(CorpusPlan(signals=40, length=600, seed=2026)))
    ratio = forecast_ratio(load_model(BASE).network, series, HeadKind.NONE)
    assert ratio.median < 0.95
    assert ratio.pooled < 0.95


def test_heads_forecast_better_than_the_network_and_than_a_head_alone() -> None:
    """On sixty signals of another seed, network and head together are off by less than either alone."""
    ratios = compare(load_model(BASE).network, list(draw_corpus(CorpusPlan(signals=60, length=800, seed=2026))))
    both = ratios["network, rls"].median
    assert both < ratios["network"].median - 0.01
    assert both < ratios["autoregression"].median - 0.01


def test_the_base_model_is_small() -> None:
    """The weights take less than five megabytes."""
    assert (BASE / "weights.safetensors").stat().st_size < 5_000_000


def test_the_base_models_card_belongs_to_its_weights_and_to_this_corpus() -> None:
    """The card counts as many parameters as the network has, and names the corpus that this version draws."""
    card, network = json.loads((BASE / "card.json").read_text()), load_model(BASE).network
    assert card["network"]["hidden"] == network.cell.hidden
    assert card["network"]["features"] == network.features
    assert card["trained_on"]["corpus"]["version"] == CORPUS_VERSION
    assert card["forecast_error_relative_to_last_value"]["network, rls"]["median"] < 0.95
