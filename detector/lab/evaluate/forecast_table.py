"""The tables of forecasts, for people: a row a forecaster, a column a folder.

In: measurements. Out: something that rich can print.
"""

from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table

from detector.lab.evaluate.forecast import ForecastMeasurement
from detector.lab.evaluate.tables import cell, empty_table

WORDS: Final = (
    "Sum of absolute residuals of the next reading over that of forecasting the last value: 1 is no better, lower is\n"
    "better. Online and causal, from the 65th reading of a channel on; channels that never change are left out. Bounds\n"
    "are to hold 95 %: median channel / worst channel."
)


def forecast_tables(measurements: Sequence[ForecastMeasurement]) -> RenderableType:
    """Return two tables: errors, and what the bounds held."""
    errors = _table("error relative to the last value, median over channels", measurements, _error)
    return Group(errors, _table("readings within the 95 % bounds, %", measurements, _coverage), WORDS)


def _table(
    title: str, measurements: Sequence[ForecastMeasurement], show: Callable[[ForecastMeasurement], str]
) -> Table:
    """Return a table of one figure."""
    columns = {one.folder: f"{one.folder.resolve().name}\n{len(one.channels)} channels" for one in measurements}
    table = empty_table(title, ["forecaster"], list(columns.values()))
    for row in dict.fromkeys(one.foresight for one in measurements):
        table.add_row(row.name, *(show(one) for one in measurements if one.foresight == row))
    return table


def _error(measurement: ForecastMeasurement) -> str:
    """Return the median error."""
    return cell(measurement.error, 3)


def _coverage(measurement: ForecastMeasurement) -> str:
    """Return the median and the least coverage."""
    coverage, worst = measurement.coverage, measurement.worst
    return "-" if coverage is None or worst is None else f"{100 * coverage:.1f} / {100 * worst.coverage:.1f}"
