"""The bench's tables: ratios first, then what they were made of.

In: measurements. Out: tables for a terminal.
"""

from collections.abc import Sequence
from statistics import median

from rich.table import Table

from detector.lab.bench.comparison import Ratio
from detector.lab.bench.ingest import Ingest


def ratio_table(ratios: Sequence[Ratio]) -> Table:
    """Return the ratios beside what is promised of them."""
    table = _table("Ratios in one run; at least `floor`", "what", "ratio", "floor", "by CPU")
    for ratio in ratios:
        floor = "" if ratio.floor is None else f"{ratio.floor:g}{'' if ratio.value >= ratio.floor else ' MISSED'}"
        table.add_row(ratio.what, f"{ratio.value:.2f}", floor, f"{ratio.of_cpu:.2f}")
    return table


def ingest_table(measured: Sequence[Ingest]) -> Table:
    """Return what everybody took, the medians of the rounds."""
    table = _table(
        "From the socket to the end: messages/s, and microseconds of one core a message",
        *("via", "who", "messages/s", "µs own", "sender", "broker", "dropped", "spoilt"),
    )
    for route, name in dict.fromkeys((one.route, one.contender) for one in measured):
        rounds = [one for one in measured if (one.route, one.contender) == (route, name)]
        spent = {who: median(one.cpu_us[who] for one in rounds) for who in rounds[0].cpu_us}
        dropped = sum(one.dropped for one in rounds) / max(1, sum(one.sent for one in rounds))
        table.add_row(
            route,
            name,
            f"{median(one.rate for one in rounds):,.0f}",
            *(f"{spent[who]:.2f}" if who in spent else "" for who in ("contender", "generator", "broker")),
            f"{dropped:.1%}",
            f"{sum(one.spoilt for one in rounds):,}",
        )
    return table


def _table(title: str, *columns: str) -> Table:
    """Return an empty table; the first column is words, the rest stands to the right."""
    table = Table(title=title)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 or column == "who" else "right")
    return table
