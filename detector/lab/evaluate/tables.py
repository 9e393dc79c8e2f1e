"""Tables of a measurement, for people: what was reached, beside what is wanted.

In: measurements. Out: something that rich can print.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from detector.anomaly.sentence import duration_in_words
from detector.lab.evaluate.fault import Injected
from detector.lab.evaluate.figures import Rate, Recall
from detector.lab.evaluate.fleet import Measurement

SHIP: Final[Mapping[str, Mapping[Injected, float]]] = {
    site: dict(zip(tuple(Injected), shares, strict=False))
    for site, shares in (
        ("intel", (0.95, 0.8, 0.2, 0.5, 0.3, 0.1)),
        ("santander", (0.95, 0.8, 0.1, 0.6, 0.4, 0.15)),
    )
}
"""Recall wanted before a release, on the sites that it was stated for, kinds in the order of `Injected`."""

AIM: Final[Mapping[Injected, float]] = dict(zip(tuple(Injected), (1.0, 0.95, 0.5, 0.8, 0.7, 0.4), strict=False))
"""Recall wanted in the end, on every site."""

SHIP_RATE: Final = "0.5 to 1.5"
"""Alerts a device and week that clean streams may cost, at a budget of one."""


def fleet_tables(measurements: Sequence[Measurement]) -> RenderableType:
    """Return two tables a site: alerts on the clean stream, and recall for each kind of fault."""
    tables: list[RenderableType] = []
    for _, of_site in groupby(measurements, key=lambda measurement: measurement.site):
        rows = list(of_site)
        tables += [_rates(rows), _recalls(rows)]
    return Group(*tables)


def empty_table(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    """Return an empty table with columns for words and columns for numbers."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right")
    return table


def _rates(rows: Sequence[Measurement]) -> Table:
    """Return the alerts on the clean stream."""
    first = rows[0]
    title = f"{first.site}, clean: {first.devices} devices, {first.whole.device_weeks:.1f} device-weeks"
    columns = ["alerts per device-week", "2nd half", "ship", "x budget", "2nd half"]
    table = empty_table(title, ["contender"], columns)
    table.add_column("all alerts by kind")
    for row in rows:
        both = (row.whole, row.second_half)
        per_week = [f"{rate.per_device_week:.2f}" for rate in both]
        shares = [f"{rate.budget_ratio:.2f}" for rate in both]
        table.add_row(row.contender.name, *per_week, SHIP_RATE, *shares, _kinds(row.whole))
    return table


def _kinds(rate: Rate) -> str:
    """Return the alerts by kind."""
    return ", ".join(f"{kind} {count}" for kind, count in rate.kinds.items()) or "none"


def _recalls(rows: Sequence[Measurement]) -> Table:
    """Return the recall of each kind, contenders beside one another."""
    first = rows[0]
    title = f"{first.site}, one fault a device and round in {first.channel}: {len(first.rounds)} rounds"
    columns = ["found", "by chance", "recall", "95 %", "median delay", "ship", "aim"]
    table = empty_table(title, ["fault", "contender"], columns)
    for index, recall in enumerate(first.recalls):
        wanted = [_share(SHIP.get(first.site.lower(), {}).get(recall.kind)), _share(AIM.get(recall.kind))]
        for row in rows:
            name, wishes = (recall.kind.value.replace("_", " "), wanted) if row is first else ("", ["", ""])
            table.add_row(name, row.contender.name, *_recall(row.recalls[index]), *wishes)
        if len(rows) > 1:
            table.add_section()
    return table


def _recall(recall: Recall) -> list[str]:
    """Return the cells of one recall."""
    low, high = recall.interval
    delay = recall.median_delay_s
    return [
        f"{recall.found}/{recall.faults}",
        str(recall.by_chance),
        _share(recall.ratio),
        f"{low:.2f} - {high:.2f}",
        "-" if delay is None else duration_in_words(delay),
    ]


def _share(share: float | None) -> str:
    """Return a share with two digits, or a dash."""
    return "-" if share is None else f"{share:.2f}"
