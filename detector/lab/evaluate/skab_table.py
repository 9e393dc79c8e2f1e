"""The table of a measurement on SKAB, for people.

In: measurements. Out: something that rich can print.
"""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType

from detector.lab.evaluate.skab import SkabMeasurement
from detector.lab.evaluate.tables import cell, empty_table, interval_cell

WORDS: Final = (
    "FAR and MAR: per cent of ordinary rows told and of anomalous rows not told, from the 401st row of each file, as on\n"
    "the leaderboard. Every row of the table is causal. Change points: NAB's weights, 60 s behind the point. Published for\n"
    "all 34 files, with limits fitted to the first 400 rows: T2+Q F1 0.76, FAR 26.6, MAR 24.9, change points 25.4. Ship:\n"
    "mean of FAR and MAR at most 26, change points at least 25."
)


def skab_table(measurements: Sequence[SkabMeasurement]) -> RenderableType:
    """Return one table, contenders in rows."""
    columns = ["F1", "FAR", "MAR", "mean", "95 %", "change\npoints", "95 %", "low FP", "low FN", "FAR of\nclean run"]
    table = empty_table(f"SKAB, {measurements[0].files} labelled files", ["contender"], columns)
    for one in measurements:
        false, missed = one.alarms.false_rate, one.alarms.missed_rate
        mean = None if false is None or missed is None else (false + missed) / 2.0
        first, *others = one.change_points.values()
        table.add_row(
            one.contender.name,
            cell(one.alarms.f1, 2),
            *(cell(rate) for rate in (false, missed, mean)),
            interval_cell(one.mean_rate),
            cell(first),
            interval_cell(one.interval),
            *(cell(score) for score in others),
            cell(one.free.false_rate),
        )
    return Group(table, WORDS)
