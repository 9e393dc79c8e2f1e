"""Daemon, rules, dashboards and documentation speak of the same metrics."""

import re

import pytest
import yaml

from detector.edge.metrics import reference
from tests.unit.deploy.dashboards import ALL, ROOT

NAME = re.compile(r"(?<![:\w])(?:process|python|detector)_[a-z0-9_]+(?![\w:])")
"""A name with colons is of a recording rule."""
OF_LIBRARY = {"process_resident_memory_bytes", "process_cpu_seconds_total"}
"""What we use of the metrics that the library adds."""
WRITTEN = sorted(
    path
    for folder in ("deploy/prometheus", "deploy/grafana/dashboards", "docs")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".yml", ".json", ".md"}
)


def known() -> set[str]:
    """Return every name that may be used."""
    return {*reference.names(), *reference.sample_names(), *OF_LIBRARY}


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "README.md"], ids=lambda path: path.name)
def test_no_name_is_used_that_does_not_exist(path: object) -> None:
    """Whatever looks like a metric, in rules, dashboards and pages, is one that the daemon has."""
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert {name for name in NAME.findall(text) if not name.endswith("_")} <= known()


def test_every_metric_is_shown_or_watched() -> None:
    """Each is in a dashboard or a rule; what is in neither is named here, with the reason."""
    for_people = {
        "detector_readings_duplicate_total",
        "detector_config_reloads_total",  # beside its success, for who scripts reloads
    }
    used = "".join(dashboard.path.read_text(encoding="utf-8") for dashboard in ALL)
    used += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "deploy/prometheus/rules").glob("*.yml"))
    unused = {name for name in reference.names() if not re.search(rf"\b{name}(?:_bucket|_sum|_count)?\b", used)}
    assert unused <= for_people


def test_every_alert_is_tested_and_says_what_to_do() -> None:
    """Each has a severity, a summary, a description, and a test in which it fires."""
    folder = ROOT / "deploy" / "prometheus" / "rules"
    alerts = [
        rule
        for path in folder.glob("*.yml")
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    tests = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (folder / "tests").glob("*.yml")]
    expected = [rule for file in tests for test in file["tests"] for rule in test.get("alert_rule_test", ())]
    assert {rule["alert"] for rule in alerts} == {rule["alertname"] for rule in expected if rule.get("exp_alerts")}
    assert {rule["alert"] for rule in alerts} == {rule["alertname"] for rule in expected if not rule.get("exp_alerts")}
    assert all(rule["labels"]["severity"] in {"info", "warning", "critical"} for rule in alerts)
    assert all({"summary", "description"} <= rule["annotations"].keys() for rule in alerts)
