"""Dashboards that keep to the rules of Grafana's makers, and to its schema where that is at hand."""

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import promql_parser
import pytest

from deploy.grafana.source.__main__ import files
from tests.unit.deploy.dashboards import ALL, ROOT, USED, Dashboard, substituted

each_dashboard = pytest.mark.parametrize("dashboard", ALL, ids=lambda dashboard: dashboard.path.stem)
PLUGINS = {"state-timeline": "statetimeline"}
"""Panels of which the schema's file has another name."""
ANYTHING = (("MatcherConfig", "options"), ("DynamicConfigValue", "value"))
UNITS = {"short", "none", "s", "percentunit", "bytes", "dateTimeFromNow"}
LINKED = re.compile(r"/d/([\w-]+)/\S*?[&?]var-(\w+)=")


def test_the_dashboards_are_those_that_their_source_makes() -> None:
    """`python -m deploy.grafana.source` would change nothing, and there is no other dashboard."""
    assert {path: path.read_text(encoding="utf-8") for path in files()} == files()
    assert {dashboard.path for dashboard in ALL} == files().keys()


@each_dashboard
def test_a_dashboard_can_be_shipped(dashboard: Dashboard) -> None:
    """It has a uid and a description, no id of one installation, and asks the data source that is chosen."""
    assert dashboard.json["uid"].startswith("detector-")
    assert dashboard.json["id"] is None
    assert dashboard.json["description"].endswith(("?", ".", "it."))
    assert dashboard.variables["datasource"]["query"] == "prometheus"
    sources = json.dumps(dashboard.json).count('"type": "prometheus"')
    assert sources == json.dumps(dashboard.json).count('"datasource": {"type": "prometheus", "uid": "${datasource}"}')


@each_dashboard
def test_every_panel_says_what_it_is(dashboard: Dashboard) -> None:
    """It has a title of its own, a sentence, a unit and queries."""
    titles = [panel["title"] for panel in dashboard.panels]
    assert len(set(titles)) == len(titles)
    for panel in dashboard.panels:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["targets"]


@each_dashboard
def test_every_query_can_be_asked(dashboard: Dashboard) -> None:
    """It parses, rates over what Grafana works out, and looks at the chosen daemon; no variable is unknown."""
    chosen = dict.fromkeys(dashboard.variables, "x")
    for query in dashboard.queries():
        promql_parser.parse(substituted(query.expression, chosen))
        assert "instance=~" in query.expression, query
        assert not re.search(r"\[(?!\$__rate_interval\]|\$__range\]|\$__interval\])", query.expression), query
        rates = re.findall(r"\b(?:rate|increase)\(", query.expression)
        assert len(rates) == query.expression.count("$__rate_interval"), query
    for variable in dashboard.variables.values():
        used = {match[1] or match[2] for match in USED.finditer(variable.get("definition", ""))}
        assert used <= dashboard.variables.keys()


@each_dashboard
def test_panels_have_room(dashboard: Dashboard) -> None:
    """No two of them overlap, none stands out of the grid, and each has a number of its own."""
    taken = set[tuple[int, int]]()
    for panel in dashboard.json["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    numbers = [panel["id"] for panel in dashboard.json["panels"]]
    assert len(set(numbers)) == len(numbers)


def test_a_click_on_a_device_leads_to_it() -> None:
    """Links name a dashboard that ships and a variable that it has."""
    by_uid = {dashboard.json["uid"]: dashboard for dashboard in ALL}
    links = {
        match.groups() for dashboard in ALL for match in LINKED.finditer(dashboard.path.read_text(encoding="utf-8"))
    }
    assert links == {("detector-device", "device")}
    assert all(variable in by_uid[uid].variables for uid, variable in links)
    used = {
        match[1] or match[2]
        for dashboard in ALL
        for url in re.findall(r'"url": "([^"]+)"', dashboard.path.read_text(encoding="utf-8"))
        for match in USED.finditer(url)
    }
    assert used == {"__url_time_range", "datasource"}


@pytest.fixture
def schemas() -> dict[str, Any]:
    """Return Grafana's schemas by name, from $GRAFANA_SCHEMA or ../shared/grafana-schema; without them the test is skipped."""
    folder = Path(os.environ.get("GRAFANA_SCHEMA", ROOT.parent / "shared" / "grafana-schema"))
    if not folder.is_dir():
        pytest.skip("need Grafana's JSON schemas: name their folder in GRAFANA_SCHEMA")
    return read_schemas(folder)


@cache
def read_schemas(folder: Path) -> dict[str, Any]:
    """Return the schemas of a folder by name, put right where Grafana itself is laxer."""
    found = {path.name.split(".")[0]: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    definitions = found["dashboard"]["definitions"]
    for definition, name in ANYTHING:  # Grafana's source has `any` there, of which its schema makes an object
        definitions[definition]["properties"][name] = {}
    cells = found["table"]["definitions"]["TableCellOptions"]
    cells["anyOf"] = cells.pop("oneOf")  # its kinds have their names in common, so that one cell is several
    return found


def faults(schema: dict[str, Any], definition: str, part: Any) -> list[str]:
    """Return what a definition of a schema has against a part."""
    whole = {"$ref": f"#/definitions/{definition}", "definitions": schema["definitions"]}
    found = jsonschema.Draft7Validator(whole).iter_errors(part)
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message[:100]}" for fault in found]


def settings_of(panel: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the field settings of a panel: those of all, and what is special of some."""
    defaults = panel["fieldConfig"]["defaults"]
    yield {"custom": {}} | defaults
    for override in panel["fieldConfig"]["overrides"]:
        special = {one["id"]: one["value"] for one in override["properties"]}
        custom = {name.removeprefix("custom."): value for name, value in special.items() if name.startswith("custom.")}
        yield {name: value for name, value in special.items() if not name.startswith("custom.")} | {
            "custom": {**defaults.get("custom", {}), **custom}
        }


def faults_of(dashboard: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """Return what Grafana's schemas have against a dashboard, each panel by the schema of its plugin."""
    found = faults(schemas["dashboard"], "Dashboard", dashboard)
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            continue
        plugin = schemas[PLUGINS.get(panel["type"], panel["type"])]
        found += faults(plugin, "Options", panel["options"])
        for settings in settings_of(panel):
            found += faults(schemas["dashboard"], "FieldConfig", settings)
            found += faults(plugin, "FieldConfig", settings["custom"]) if settings["custom"] else []
        for target in panel["targets"]:
            found += faults(schemas["prometheus"], "Dataquery", target)
    return found


@each_dashboard
def test_grafanas_schema_has_nothing_against_it(dashboard: Dashboard, schemas: dict[str, Any]) -> None:
    """Dashboard, options, field settings and queries are as Grafana's schemas have them."""
    assert not faults_of(dashboard.json, schemas)


SLIPS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a panel's key": lambda panel: panel.update(tilte="x"),
    "an option": lambda panel: panel["options"].update(legned={}),
    "a word of an option": lambda panel: panel["options"]["legend"].update(displayMode="tabel"),
    "a setting of a field": lambda panel: panel["fieldConfig"]["defaults"]["custom"].update(drawStlye="line"),
    "a query's key": lambda panel: panel["targets"][0].update(exprr="x"),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_the_schema_would_notice(slip: Callable[[dict[str, Any]], object], schemas: dict[str, Any]) -> None:
    """A slip in a panel, an option, a field setting or a query is found."""
    dashboard = next(one for one in ALL if one.path.stem == "detector").json
    slip(next(panel for panel in dashboard["panels"] if panel["type"] == "timeseries"))
    assert faults_of(dashboard, schemas)
