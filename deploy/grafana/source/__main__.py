"""Writes the dashboards: `python -m deploy.grafana.source`. Edit here, not in the JSON; a test compares."""

import json
from collections.abc import Mapping
from pathlib import Path

from deploy.grafana.source.device import device
from deploy.grafana.source.fleet import fleet
from deploy.grafana.source.itself import itself

FOLDER = Path(__file__).parent.parent / "dashboards"


def files() -> Mapping[Path, str]:
    """Return what each file holds."""
    dashboards = {"fleet": fleet(), "device": device(), "detector": itself()}
    return {
        FOLDER / f"{name}.json": json.dumps(made, indent=2, ensure_ascii=False) + "\n"
        for name, made in dashboards.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
