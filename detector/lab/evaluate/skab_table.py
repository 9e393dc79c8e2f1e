"""The table of a measurement on SKAB, for people.

In: measurements. Out: something that rich can print.
"""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType

from detector.lab.evaluate.intervals import Interval
from detector.lab.evaluate.skab import SkabMeasurement
from detector.lab.evaluate.tables import empty_table

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
            _cell(one.alarms.f1, 2),
            *(_cell(rate) for rate in (false, missed, mean)),
            interval_cell(one.mean_rate),
            _cell(first),
            interval_cell(one.interval),
            *(_cell(score) for score in others),
            _cell(one.free.false_rate),
        )
    return Group(table, WORDS)


def interval_cell(interval: Interval | None, digits: int = 0) -> str:
    """Return an interval as its two ends."""
    return "-" if interval is None else f"{interval[0]:.{digits}f} - {interval[1]:.{digits}f}"


def _cell(number: float | None, digits: int = 1) -> str:
    """Return a number, or a dash for none."""
    return "-" if number is None else f"{number:.{digits}f}"
