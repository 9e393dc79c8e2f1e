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
from detector.lab.evaluate.intervals import Interval

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
    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right")
    return table


def _rates(rows: Sequence[Measurement]) -> Table:
    """Return the alerts on the clean stream."""
    first = rows[0]
    title = f"{first.site}, clean: {first.devices} devices, {first.whole.device_weeks:.1f} device-weeks"
    columns = ["alerts per\ndevice-week", "95 %", "2nd half", "ship", "budget\nused"]
    table = empty_table(title, ["contender"], columns)
    table.add_column("all alerts by kind")
    for row in rows:
        whole, second = row.whole, row.second_half
        rates = [cell(whole.per_device_week, 2), interval_cell(whole.interval, 2), cell(second.per_device_week, 2)]
        table.add_row(row.contender.name, *rates, SHIP_RATE, f"{whole.budget_ratio:.0%}", _kinds(whole))
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
        wanted = [cell(SHIP.get(first.site.lower(), {}).get(recall.kind), 2), cell(AIM.get(recall.kind), 2)]
        for row in rows:
            name, wishes = (recall.kind.value.replace("_", " "), wanted) if row is first else ("", ["", ""])
            table.add_row(name, row.contender.name, *_recall(row.recalls[index]), *wishes)
        if len(rows) > 1:
            table.add_section()
    return table


def _recall(recall: Recall) -> list[str]:
    """Return the cells of one recall."""
    delay = recall.median_delay_s
    return [
        f"{recall.found}/{recall.faults}",
        str(recall.by_chance),
        cell(recall.ratio, 2),
        interval_cell(recall.interval, 2),
        "-" if delay is None else duration_in_words(delay),
    ]


def cell(number: float | None, digits: int = 1) -> str:
    """Return a number, or a dash for none."""
    return "-" if number is None else f"{number:.{digits}f}"


def interval_cell(interval: Interval | None, digits: int = 0) -> str:
    """Return an interval as its two ends."""
    return "-" if interval is None else f"{interval[0]:.{digits}f} - {interval[1]:.{digits}f}"
