"""Reads the dashboards that ship: their panels, queries and variables.

In: a JSON file. Out: what tests ask of it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent.parent.parent
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
BUILT_IN = {"__rate_interval": "4s", "__interval": "2s", "__range": "60s", "__url_time_range": ""}
"""Variables of Grafana's own that we use, with what they would be at a scrape a second."""
USED = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)")


class Query(NamedTuple):
    """An expression, the title of what shows it, and its legend."""

    where: str
    expression: str
    legend: str


@dataclass(frozen=True)
class Dashboard:
    """One dashboard."""

    path: Path

    @property
    def json(self) -> dict[str, Any]:
        """All of it."""
        return dict(json.loads(self.path.read_text(encoding="utf-8")))

    @property
    def panels(self) -> list[dict[str, Any]]:
        """Panels that show something: not rows."""
        return [panel for panel in self.json["panels"] if panel["type"] != "row"]

    @property
    def variables(self) -> dict[str, dict[str, Any]]:
        """Variables by name."""
        return {variable["name"]: variable for variable in self.json["templating"]["list"]}

    def queries(self) -> Iterator[Query]:
        """Yield every expression of panels and annotations."""
        for panel in self.panels:
            for target in panel["targets"]:
                yield Query(panel["title"], target["expr"], target["legendFormat"])
        for annotation in self.json["annotations"]["list"]:
            words = f"{annotation['titleFormat']} {annotation['textFormat']}"
            yield Query(annotation["name"], annotation["expr"], words)


def substituted(expression: str, values: dict[str, str]) -> str:
    """Return an expression with every variable filled in; KeyError for one that nobody knows."""
    return USED.sub(lambda match: (BUILT_IN | values)[match[1] or match[2]], expression)


ALL = [Dashboard(path) for path in DASHBOARDS]
"""Every dashboard that ships."""
