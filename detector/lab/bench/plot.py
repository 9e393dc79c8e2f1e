"""The picture of a run: how much everybody takes, as bars, written as SVG by hand.

In: a run, as `results` has it. Out: a file. Nothing here measures; without the part `ingest` there is nothing to draw.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import median
from typing import Any, Final

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 760, 210, 90, 20, 8, 56
OURS, THEIRS, INK, PAPER = "#1f6f8b", "#b8bec5", "#24292f", "#ffffff"

ROUTES: Final = {"generator": "from a socket", "mosquitto": "through mosquitto"}


def draw(path: Path, run: Mapping[str, Any]) -> None:
    """Write the picture of a run; nothing where it has no ingest in it."""
    measured = run["figures"].get("ingest", {}).get("measured", [])
    if measured:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(picture(measured, run), encoding="utf-8")


def picture(measured: Sequence[Mapping[str, Any]], run: Mapping[str, Any]) -> str:
    """Return the SVG: one bar for everybody on every route, the longest first within a route."""
    parts, y = list[str](), TOP
    largest = max(_rate(one) for one in measured)
    for route, words in ROUTES.items():
        rates = _rates([one for one in measured if one["route"] == route])
        if not rates:
            continue
        parts.append(_text(LEFT, y + 14, words, "font-weight='bold'"))
        y += 26
        for name, rate in sorted(rates.items(), key=lambda one: -one[1]):
            long = (WIDTH - LEFT - RIGHT) * rate / largest
            colour = OURS if name.startswith("detector") else THEIRS
            parts.append(_text(LEFT - 8, y + 15, name, "text-anchor='end'"))
            parts.append(f"<rect x='{LEFT}' y='{y}' width='{max(1.0, long):.1f}' height='{BAR}' fill='{colour}'/>")
            parts.append(_text(LEFT + max(1.0, long) + 6, y + 15, f"{rate:,.0f}"))
            y += BAR + GAP
        y += GAP
    machine = run["machine"]
    below = f"{machine['cores']} cores, {machine['processor']}; {run['taken_at'][:10]}; detector {run['version']}"
    title = _text(16, 26, "Messages a second, three numbers each, every one scored", "font-size='16'")
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{y + 24}' font-family='sans-serif' "
        f"font-size='13' fill='{INK}'>\n<rect width='100%' height='100%' fill='{PAPER}'/>\n{title}\n"
        + "\n".join([*parts, _text(16, y + 12, below, "font-size='11' fill='#6e7781'")])
        + "\n</svg>\n"
    )


def _rates(measured: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the median rate of everybody."""
    names = dict.fromkeys(one["contender"] for one in measured)
    return {name: median(_rate(one) for one in measured if one["contender"] == name) for name in names}


def _rate(one: Mapping[str, Any]) -> float:
    """Return messages a second."""
    return float(one["messages"]) / float(one["seconds"])


def _text(x: float, y: float, words: str, more: str = "") -> str:
    """Return a text element."""
    return f"<text x='{x:.1f}' y='{y:.1f}' {more}>{escape(words)}</text>"
