"""Prometheus' and Alertmanager's own tools accept what ships."""

import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parent.parent.parent / "deploy"


def run(*words: object) -> str:
    """Run a program that is to succeed; return what it said."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.needs("promtool")
def test_prometheus_accepts_its_configuration() -> None:
    """`promtool check config` finds every file of rules, and nothing to object to."""
    said = run("promtool", "check", "config", DEPLOY / "prometheus" / "prometheus.yml")
    assert f"{len(list((DEPLOY / 'prometheus' / 'rules').glob('*.yml')))} rule files found" in said


@pytest.mark.needs("promtool")
@pytest.mark.parametrize(
    "tests", sorted((DEPLOY / "prometheus" / "rules" / "tests").glob("*.yml")), ids=lambda path: path.name
)
def test_the_rules_do_what_their_tests_say(tests: Path) -> None:
    """`promtool test rules` is content: each alert is quiet while all is well, and fires when it is not."""
    assert "SUCCESS" in run("promtool", "test", "rules", tests)


@pytest.mark.needs("amtool")
def test_alertmanager_accepts_its_configuration() -> None:
    """`amtool check-config` is content."""
    run("amtool", "check-config", DEPLOY / "alertmanager" / "alertmanager.yml")


@pytest.mark.needs("amtool")
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"alertname": "SensorAnomaly", "severity": "critical", "device": "pump-1"}, "people"),
        ({"alertname": "SensorAnomaly", "severity": "info", "device": "pump-1"}, "nobody"),
        ({"alertname": "DetectorDown", "severity": "critical"}, "people"),
    ],
)
def test_alerts_go_where_they_are_read(labels: dict[str, str], receiver: str) -> None:
    """What is for information wakes nobody; the rest reaches people."""
    pairs = [f"{name}={value}" for name, value in labels.items()]
    config = DEPLOY / "alertmanager" / "alertmanager.yml"
    assert run("amtool", "config", "routes", "test", f"--config.file={config}", *pairs).splitlines()[0] == receiver
