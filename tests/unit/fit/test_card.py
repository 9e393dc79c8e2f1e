"""The model card and its picture."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from detector.fit.accuracy import ForecastRatio
from detector.fit.card import Outcome, TrainingSource, build_card, render_card
from detector.fit.loss_picture import loss_picture
from detector.fit.training import EpochLoss, Recipe

LOSSES = [EpochLoss(1, 1.5, 1.6, True), EpochLoss(2, 1.3, 1.4, True), EpochLoss(3, 1.2, 1.5, False)]
SOURCE = TrainingSource(["build/corpus"], 2, 100, "ab12", {"signals": 2, "length": 50, "seed": 7, "version": 1})
OUTCOME = Outcome(
    LOSSES, 12_345, {"network": ForecastRatio(0.91, 0.93, 0.8, 2), "network, rls": ForecastRatio(0.85, 0.9, 1.0, 2)}
)
SVG = "{http://www.w3.org/2000/svg}"


def test_the_card_is_reproducible_json() -> None:
    """Without a date from outside, the same training gives the same card, and it survives JSON."""
    card = build_card(SOURCE, Recipe(), OUTCOME, None)
    assert json.loads(json.dumps(card)) == build_card(SOURCE, Recipe(), OUTCOME, None)
    assert card["date"] is None
    assert card["epoch_kept"] == 2
    assert card["loss"]["validation"] == [1.6, 1.4, 1.5]
    assert card["trained_on"]["corpus"]["seed"] == 7


def test_the_page_tells_people_how_to_make_the_corpus_again() -> None:
    """The page states the command, the fingerprint, the size and the forecast error."""
    page = render_card(build_card(SOURCE, Recipe(), OUTCOME, "2026-01-02"))
    for words in (
        "--signals 2 --length 50 --seed 7",
        "ab12",
        "12,345 parameters",
        "| network | 0.910 | 0.930 | 80% |",
        "| network, rls | 0.850 |",
        "2026-01-02",
        "LSTM 48",
    ):
        assert words in page


def test_the_page_names_the_recordings_of_a_user() -> None:
    """Trained on anything but one synthetic corpus, the page lists the paths that were given."""
    source = replace(SOURCE, corpus=None, paths=["march", "april.csv"])
    assert "recordings: `march`, `april.csv`" in render_card(build_card(source, Recipe(), OUTCOME, None))


def test_the_page_of_an_untrained_network_says_so_and_shows_no_curve() -> None:
    """Without an epoch there is nothing to draw, and nobody takes it for a trained network."""
    page = render_card(build_card(SOURCE, Recipe(), replace(OUTCOME, losses=[]), None))
    assert "a reservoir" in page
    assert "loss.svg" not in page


def test_the_picture_has_a_point_for_each_epoch() -> None:
    """Both curves go through every epoch from left to right, within the picture."""
    picture = ET.fromstring(loss_picture(LOSSES))
    curves = picture.findall(f"{SVG}polyline")
    assert len(curves) == 2
    for curve in curves:
        points = [tuple(map(float, point.split(","))) for point in curve.attrib["points"].split()]
        assert [x for x, _ in points] == sorted({x for x, _ in points})
        assert len(points) == 3
        assert all(0 <= x <= 640 and 0 <= y <= 300 for x, y in points)


def test_the_picture_marks_the_epoch_that_was_kept() -> None:
    """The dot stands on the lowest validation loss, and the text names its epoch."""
    text = loss_picture(LOSSES)
    picture = ET.fromstring(text)
    dot = picture.find(f"{SVG}circle")
    validation = picture.findall(f"{SVG}polyline")[1].attrib["points"].split()
    assert dot is not None
    assert f"{dot.attrib['cx']},{dot.attrib['cy']}" == validation[1]
    assert "kept: epoch 2" in text


@pytest.mark.parametrize("losses", [LOSSES[:1], [EpochLoss(1, 1.0, 1.0, True)]])
def test_one_epoch_or_one_value_still_gives_a_picture(losses: list[EpochLoss]) -> None:
    """A curve of a single point, or without any height, is drawn without dividing by zero."""
    assert ET.fromstring(loss_picture(losses)).tag == f"{SVG}svg"
