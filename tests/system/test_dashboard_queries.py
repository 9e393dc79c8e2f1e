"""Every query of every dashboard, asked of a real Prometheus that scraped a real daemon with a sick plant."""

import math
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

import pytest

from detector.lab.faults import FaultKind
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.living_plant import LivingPlant, sensors
from tests.system.monitoring import Prometheus
from tests.system.parties import Witness
from tests.system.patience import wait_until
from tests.unit.deploy.dashboards import ALL, Dashboard, Query, substituted

pytestmark = pytest.mark.needs("mosquitto", "prometheus")

PUMPS: Final = 7
SICK, SILENT = "pump-01", "pump-02"
VALUES = re.compile(r"label_values\((?:(?P<series>.+), )?(?P<label>\w+)\)")
LEGEND = re.compile(r"{{\s*(\w+)\s*}}")
SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|]")
OF_WHOLE_DEVICE = {"channel"}
"""Labels that an episode of a whole device has not."""


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    """Return a Prometheus that has seen a plant with a pump out of range, a silent one and healthy ones."""
    more = "state: {snapshot_every: 1s}"
    with (
        Broker() as broker,
        DaemonProcess(broker.url, more=more, sensors=sensors()) as daemon,
        Prometheus(":".join(map(str, daemon.address))) as running,
        Witness(broker.port) as witness,
        LivingPlant(PUMPS, witness).running() as plant,
    ):
        wait_until(lambda: running.value("count(detector_anomaly_score)") == 4 * PUMPS, "every channel was scored")
        plant.begin(FaultKind.RANGE, SICK, "pressure")
        plant.begin(FaultKind.SILENCE, SILENT)
        assert running.until_fires("SensorAnomaly").startswith(f"{SICK} pressure is 1")
        sentence = running.until_fires("SensorSilent")
        assert sentence.startswith(f"{SILENT} has been silent for ")
        wait_until(lambda: running.value("detector_snapshot_timestamp_seconds") > 0, "a snapshot was taken")
        yield running


def one_of(value: str) -> str:
    """Return a chosen value of a variable with several, as Grafana writes it into a regular expression of PromQL."""
    return SPECIAL.sub(r"\\\\\g<0>", value.replace("\\", "\\\\\\\\"))


def chosen(dashboard: Dashboard, prometheus: Prometheus, everything: bool) -> dict[str, str]:
    """Return the variables filled in as Grafana does it, from what Prometheus knows: all that it knows, or one of it."""
    values: dict[str, str] = {}
    for name, variable in dashboard.variables.items():
        if variable["type"] != "query":
            continue
        found = VALUES.fullmatch(substituted(variable["query"], values))
        assert found, variable
        matching = {} if found["series"] is None else {"match[]": found["series"]}
        known = prometheus.ask(f"/api/v1/label/{found['label']}/values", **matching)["data"]
        assert known, f"{name} has no values"
        if not variable["multi"]:
            assert {SICK, SILENT} <= set(known)
            values[name] = SICK
        elif everything:
            values[name] = variable["allValue"]
        else:
            values[name] = one_of("pressure" if "pressure" in known else known[0])
    return values


def answers(prometheus: Prometheus, expression: str) -> list[dict[str, Any]]:
    """Return the series of an expression over the last seconds."""
    now = time.time()
    span = {"start": f"{now - 10:.3f}", "end": f"{now:.3f}", "step": "1"}
    found: list[dict[str, Any]] = prometheus.ask("/api/v1/query_range", query=expression, **span)["data"]["result"]
    return found


def fault_of(query: Query, series: list[dict[str, Any]]) -> str | None:
    """Return what is wrong with an answer, or None."""
    if not series:
        return "no series"
    for one in series:
        if not any(math.isfinite(float(value)) for _, value in one["values"]):
            return f"no finite number of {one['metric']}"
        missing = set(LEGEND.findall(query.legend)) - one["metric"].keys()
        if missing - OF_WHOLE_DEVICE:
            return f"the legend's {missing} are not of {one['metric']}"
    return None


@pytest.mark.parametrize("everything", [True, False], ids=["all", "one"])
@pytest.mark.parametrize("dashboard", ALL, ids=lambda dashboard: dashboard.path.stem)
def test_every_query_has_an_answer(dashboard: Dashboard, prometheus: Prometheus, everything: bool) -> None:
    """Panels and annotations show finite numbers, and legends name labels that are there, for all that can be chosen and for one."""
    values = chosen(dashboard, prometheus, everything)
    queries = list(dashboard.queries())
    found = {query: fault_of(query, answers(prometheus, substituted(query.expression, values))) for query in queries}
    assert not {query: fault for query, fault in found.items() if fault}
    assert len(queries) >= 15


def test_the_sick_device_is_found_in_three_clicks(prometheus: Prometheus) -> None:
    """Fleet's table of episodes begins with the sick pump; its link leads to that device, where the verdict is shown."""
    fleet = next(dashboard for dashboard in ALL if dashboard.path.stem == "fleet")
    table = next(panel for panel in fleet.panels if panel["type"] == "table")
    worst = prometheus.query(f"topk(1, {substituted(table['targets'][0]['expr'], {'instance': '.*'})})")
    assert worst[0]["metric"]["device"] == SICK
    [link] = [
        one["value"][0]["url"]
        for override in table["fieldConfig"]["overrides"]
        for one in override["properties"]
        if one["id"] == "links"
    ]
    assert link.endswith("var-device=${__value.text}")
    device = next(dashboard for dashboard in ALL if dashboard.path.stem == "device")
    verdict = substituted(device.panels[0]["targets"][0]["expr"], {"instance": ".*", "device": SICK})
    assert prometheus.value(verdict) >= 2


def test_a_wrong_name_would_be_noticed(prometheus: Prometheus) -> None:
    """A query for what does not exist is found empty."""
    query = Query("x", "detector_nonsense", "")
    assert fault_of(query, answers(prometheus, query.expression)) == "no series"


@pytest.mark.needs("promtool")
def test_a_sick_plants_metrics_are_clean(prometheus: Prometheus) -> None:
    """`promtool check metrics` has nothing against a scrape with open episodes in it."""
    [target] = prometheus.ask("/api/v1/targets")["data"]["activeTargets"]
    with urllib.request.urlopen(target["scrapeUrl"]) as answer:
        scrape = answer.read()
    assert b"detector_episode_severity{" in scrape
    done = subprocess.run(["promtool", "check", "metrics"], input=scrape, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
