"""What docs/read-an-alert.md says is so."""

import re
from dataclasses import replace
from pathlib import Path

from detector.anomaly.sentence import sentence
from detector.domain import Kind, Transition
from detector.edge.config_file import load_settings
from detector.notices import Hushed
from detector.settings.quantities import format_duration
from detector.settings.receivers import ReceiverSettings
from tests.unit.edge.readings import event

PAGE = (Path(__file__).parents[3] / "docs" / "read-an-alert.md").read_text(encoding="utf-8")


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    """It can be used as it stands, beside sensors."""
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    path = tmp_path / "detector.yaml"
    path.write_text(f"{example[1]}sensors: [{{name: pumps}}]\n", encoding="utf-8")
    alerts = load_settings(path, {}).alerts
    assert [receiver.name for receiver in alerts.receivers] == ["night-shift"]
    assert len(alerts.maintenance) == 2


def test_every_reason_and_every_default_is_named() -> None:
    """Reasons to say nothing, and the times that a receiver has unless it is told otherwise."""
    assert all(f"`{reason.value}`" in PAGE for reason in Hushed)
    shown = {"s": " s", "m": " min", "h": " h"}
    for name in ("wait", "group_interval", "repeat_every", "keep_firing_for"):
        text = format_duration(float(ReceiverSettings.model_fields[name].default))
        assert f"`{name}` ({text[:-1]}{shown[text[-1]]})" in PAGE


def test_every_kind_has_its_line() -> None:
    """What is particular in the sentence of each kind is explained."""
    phrases = {
        Kind.RESIDUAL: ", expected ",
        Kind.LEVEL_SHIFT: "has left its usual level",
        Kind.DRIFT: "has been drifting",
        Kind.NOISE: "has become restless",
        Kind.SPIKE: "jumps for single readings",
        Kind.PEERS: "no longer goes with its peers",
        Kind.STUCK: " without change",
        Kind.CLIPPING: "keeps running into ",
        Kind.RANGE: "outside its limits",
        Kind.SILENT: "has been silent for ",
        Kind.OUTAGE: " have been silent",
    }
    lines = re.findall(r"^\| \*(.*?)\* \|", PAGE, re.MULTILINE)
    for kind in Kind:
        assert phrases[kind] in sentence(replace(event(Transition.OPENED), kind=kind))
        assert any(phrases[kind] in line for line in lines), kind
