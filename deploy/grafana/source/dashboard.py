"""Dashboards: rows of panels, variables, annotations, links to the others.

In: rows of panels, each with its width and height. Out: a dictionary as Grafana's JSON has it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deploy.grafana.source.panel import DATASOURCE, Json

WIDTH: Final = 24
"""Columns of Grafana's grid."""
SCHEMA: Final = 39


@dataclass(frozen=True)
class Placed:
    """A panel and its size in the grid; one that repeats does so for each value of a variable."""

    width: int
    height: int
    panel: Json
    repeat: str | None = None


Rows = Mapping[str, Sequence[Placed]]
"""Panels by the title of their row."""


def dashboard(
    uid: str, title: str, description: str, variables: Sequence[Json], rows: Rows, annotations: Sequence[Json] = ()
) -> Json:
    """Return a whole dashboard."""
    return {
        "uid": uid, "title": title, "description": description, "tags": ["detector"], "id": None, "schemaVersion": SCHEMA, "version": 1,
        "editable": True, "graphTooltip": 1, "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "timezone": "browser",
        "templating": {"list": [_datasource(), *variables]}, "annotations": {"list": list(annotations)},
        "links": [_others()], "panels": list(_laid_out(rows)),
    }  # fmt: skip


def variable(name: str, label: str, query: str, *, several: bool) -> Json:
    """Return a variable whose values Prometheus knows; with several, all are chosen at first."""
    chosen: dict[str, Any] = {
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }
    return {
        "type": "query", "name": name, "label": label, "datasource": DATASOURCE, "query": query, "definition": query,
        "refresh": 2, "sort": 1, **(chosen if several else {"includeAll": False, "multi": False}),
    }  # fmt: skip


def annotation(name: str, expression: str, title: str, text: str, tags: str, colour: str) -> Json:
    """Return marks over time, wherever an expression has a sample."""
    return {
        "name": name, "enable": True, "hide": False, "iconColor": colour, "datasource": DATASOURCE, "expr": expression, "step": "",
        "titleFormat": title, "textFormat": text, "tagKeys": tags,
    }  # fmt: skip


def _datasource() -> Json:
    """Return the choice of the Prometheus that is asked."""
    return {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus", "refresh": 1}


def _others() -> Json:
    """Return links to the other dashboards of this tag."""
    return {
        "type": "dashboards", "title": "detector", "tags": ["detector"], "asDropdown": False, "icon": "external link", "tooltip": "", "url": "",
        "includeVars": True, "keepTime": True, "targetBlank": False,
    }  # fmt: skip


def _laid_out(rows: Rows) -> Iterator[Json]:
    """Yield rows and panels with their places: from left to right, and down where the width is used up."""
    number = y = 0
    for title, placed in rows.items():
        number += 1
        yield {
            "type": "row",
            "id": number,
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": _place(0, y, WIDTH, 1),
        }
        x, y, tallest = 0, y + 1, 0
        for one in placed:
            if x + one.width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            repeat = (
                {}
                if one.repeat is None
                else {"repeat": one.repeat, "repeatDirection": "h", "maxPerRow": WIDTH // one.width}
            )
            yield {"id": number, **one.panel, "gridPos": _place(x, y, one.width, one.height), **repeat}
            x, tallest = x + one.width, max(tallest, one.height)
        y += tallest


def _place(x: int, y: int, width: int, height: int) -> Json:
    """Return a place in the grid."""
    return {"x": x, "y": y, "w": width, "h": height}
