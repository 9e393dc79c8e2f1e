"""Panels: what Grafana wants to know of one, and a word for each kind that we use.

In: a title, a sentence, queries, a unit. Out: dictionaries as Grafana's JSON has them.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

Json = dict[str, Any]
DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "text"
SEVERITY_WORDS: Final = {0: ("well", GREEN), 1: ("info", YELLOW), 2: ("warning", ORANGE), 3: ("critical", RED)}
"""How severities are shown wherever they are."""
SEVERITY_STEPS: Final = ((None, GREEN), (1, YELLOW), (2, ORANGE), (3, RED))
YES_NO: Final = {0: ("no", RED), 1: ("yes", GREEN)}
DEVICE_PAGE: Final = "/d/detector-device/detector-device?${datasource:queryparam}&${__url_time_range}&var-device="

NARROW: Final[Json] = {"custom.width": 85}
NUMBER: Final[Json] = {"decimals": 2, "custom.width": 75}
"""Columns of a table that need no more room."""

Words = Mapping[int, tuple[str, str]]
"""What is said, and in which colour, instead of a number."""
Steps = Sequence[tuple[float | None, str]]
"""From where on which colour; None is the lowest."""
PLAIN: Final[Words] = MappingProxyType({})
"""Numbers as they are."""

Queries = str | Mapping[str, str]
"""One expression, or expressions by their legends."""


def stat(
    title: str,
    sentence: str,
    queries: Queries,
    unit: str = "short",
    *,
    words: Words = PLAIN,
    steps: Steps = ((None, BLUE),),
) -> Json:
    """Return one large number."""
    options = {
        "graphMode": "none", "colorMode": "value", "justifyMode": "auto", "textMode": "auto", "wideLayout": True,
        "showPercentChange": False, "percentChangeColorMode": "standard", "orientation": "auto", "reduceOptions": _last(),
    }  # fmt: skip
    return _panel("stat", title, sentence, _targets(queries, instant=True), options, _defaults(unit, words, steps))


def bars(
    title: str,
    sentence: str,
    queries: Queries,
    unit: str = "short",
    *,
    steps: Steps,
    words: Words = PLAIN,
    most: float | None = None,
) -> Json:
    """Return a bar for each series, longest first; a click leads to the device."""
    options = {
        "displayMode": "gradient", "valueMode": "color", "namePlacement": "auto", "showUnfilled": True, "sizing": "auto",
        "minVizWidth": 8, "minVizHeight": 16, "maxVizHeight": 40, "orientation": "horizontal", "reduceOptions": _last(),
        "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
    }  # fmt: skip
    defaults = _defaults(unit, words, steps) | {"min": 0, "links": [_device_link("${__field.labels.device}")]}
    defaults |= {} if most is None else {"max": most}
    return _panel("bargauge", title, sentence, _targets(queries, instant=True), options, defaults)


def lines(
    title: str, sentence: str, queries: Queries, unit: str = "short", *, threshold: float | None = None, overrides: Sequence[Json] = ()
) -> Json:  # fmt: skip
    """Return lines over time; a threshold is drawn as a dashed line, and beyond it is red."""
    custom: Json = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "showPoints": "never", "spanNulls": False}
    steps: Steps = ((None, GREEN),)
    if threshold is not None:
        custom |= {"thresholdsStyle": {"mode": "dashed+area"}, "axisSoftMax": 1.2 * threshold}
        steps = ((None, "transparent"), (threshold, RED))
    defaults = _defaults(unit, PLAIN, steps) | {"custom": custom, "color": {"mode": "palette-classic"}}
    options = {
        "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return _panel("timeseries", title, sentence, _targets(queries), options, defaults, overrides)


def amounts(
    title: str, sentence: str, queries: Queries, unit: str = "short", *, threshold: float | None = None
) -> Json:
    """Return lines that begin at zero."""
    made = lines(title, sentence, queries, unit, threshold=threshold)
    made["fieldConfig"]["defaults"]["min"] = 0
    return made


def stacked(title: str, sentence: str, queries: Queries, unit: str = "short") -> Json:
    """Return amounts on top of each other."""
    made = amounts(title, sentence, queries, unit)
    made["fieldConfig"]["defaults"]["custom"] |= {"stacking": {"mode": "normal", "group": "A"}, "fillOpacity": 30}
    return made


def band(title: str, sentence: str, queries: Mapping[str, str]) -> Json:
    """Return a value within a band: the queries `lower` and `upper` bound the shaded part, `expected` is dashed, `value` is bold."""
    edge = {
        "custom.lineWidth": 0,
        "color": {"mode": "fixed", "fixedColor": BLUE},
        "custom.hideFrom": {"legend": True, "tooltip": False, "viz": False},
    }
    overrides = [
        _override("lower", edge),
        _override("upper", edge | {"custom.fillBelowTo": "lower", "custom.fillOpacity": 20}),
        _override(
            "expected",
            {"custom.lineStyle": {"fill": "dash", "dash": [6, 6]}, "color": {"mode": "fixed", "fixedColor": BLUE}},
        ),
        _override("value", {"custom.lineWidth": 2, "color": {"mode": "fixed", "fixedColor": ORANGE}}),
    ]
    return lines(title, sentence, queries, "none", overrides=overrides)


def timeline(title: str, sentence: str, queries: Queries, words: Words, *, link: bool = False) -> Json:
    """Return a bar over time for each series, coloured by its value."""
    options = {
        "showValue": "never", "rowHeight": 0.8, "mergeValues": True, "alignValue": "left", "perPage": 15,
        "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }  # fmt: skip
    defaults = _defaults("short", words, SEVERITY_STEPS) | {
        "custom": {"fillOpacity": 80, "lineWidth": 0, "insertNulls": False, "spanNulls": False}
    }
    defaults |= {"links": [_device_link("${__field.labels.device}")]} if link else {}
    return _panel("state-timeline", title, sentence, _targets(queries), options, defaults)


def table(
    title: str, sentence: str, queries: Mapping[str, str], columns: Mapping[str, Json], sort: str, *, link: bool = False
) -> Json:
    """Return a row for each set of labels, a column for each label and query: `columns` names them in order, with what is special of each."""
    targets = _targets(queries, instant=True)
    for target in targets:
        target |= {"format": "table", "legendFormat": ""}
    field_of = {name: f"Value #{target['refId']}" for name, target in zip(queries, targets, strict=True)}
    order = {field_of.get(name, name): place for place, name in enumerate(columns)}
    renamed = {field: name for name, field in field_of.items()}
    transformations = [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": renamed},
        },
    ]
    overrides = [_override(name, special) for name, special in columns.items() if special]
    if link:
        overrides.append(_override("device", {"links": [_device_link("${__value.text}")]}))
    options = {"frameIndex": 0, "showHeader": True, "cellHeight": "sm", "sortBy": [{"displayName": sort, "desc": True}]}
    defaults = _defaults("none", {}, ((None, GREY),)) | {
        "noValue": "–",
        "custom": {"align": "auto", "inspect": False},
    }
    made = _panel("table", title, sentence, targets, options, defaults, overrides)
    return made | {"transformations": transformations}


def shown_as(words: Words) -> Json:
    """Return what makes a column show words in colour."""
    cell = {"type": "color-background", "mode": "basic"}
    return {"mappings": _mappings(words), "custom.cellOptions": cell, **NARROW}


def _panel(
    kind: str, title: str, sentence: str, targets: Sequence[Json], options: Json, defaults: Json, overrides: Sequence[Json] = ()
) -> Json:  # fmt: skip
    """Return a panel without a place."""
    return {
        "type": kind, "title": title, "description": sentence, "datasource": DATASOURCE, "targets": list(targets), "options": options,
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
    }  # fmt: skip


def _targets(queries: Queries, *, instant: bool = False) -> list[Json]:
    """Return the queries of a panel; an instant one asks for now alone."""
    named = {"": queries} if isinstance(queries, str) else queries
    return [
        {
            "refId": chr(ord("A") + place), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend or "__auto",
            "editorMode": "code", "instant": instant, "range": not instant,
        }
        for place, (legend, expression) in enumerate(named.items())
    ]  # fmt: skip


def _defaults(unit: str, words: Words, steps: Steps) -> Json:
    """Return unit, words and colours."""
    thresholds = {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in steps]}
    return {"unit": unit, "mappings": _mappings(words), "thresholds": thresholds, "color": {"mode": "thresholds"}}


def _mappings(words: Words) -> list[Json]:
    """Return what is said instead of numbers."""
    options = {str(value): {"text": text, "color": colour, "index": value} for value, (text, colour) in words.items()}
    return [{"type": "value", "options": options}] if words else []


def _override(name: str, properties: Mapping[str, Any]) -> Json:
    """Return what is special of one series or column."""
    listed = [{"id": key, "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": listed}


def _device_link(device: str) -> Json:
    """Return a link to a device's page."""
    return {
        "title": "Show this device", "url": f"{DEVICE_PAGE}{device}", "targetBlank": False,
        # the schema wants all that a link of a dashboard has
        "type": "link", "icon": "", "tooltip": "", "tags": [], "asDropdown": False, "includeVars": False, "keepTime": False,
    }  # fmt: skip


def _last() -> Json:
    """Return what takes the last value of each series."""
    return {"values": False, "calcs": ["lastNotNull"], "fields": ""}
