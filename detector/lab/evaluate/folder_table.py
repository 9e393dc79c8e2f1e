"""The table of a measurement on somebody's own recordings, for people.

In: measurements. Out: something that rich can print.
"""

from collections.abc import Sequence

from rich.console import RenderableType

from detector.anomaly.sentence import duration_in_words
from detector.lab.evaluate.folder import FolderMeasurement
from detector.lab.evaluate.tables import cell, empty_table, interval_cell


def folder_table(measurements: Sequence[FolderMeasurement]) -> RenderableType:
    """Return one table, contenders in rows."""
    columns = ["found", "recall", "95 %", "median delay", "false\nalerts", "per device-\nweek", "95 %"]
    first = measurements[0]
    title = f"labelled recordings: {first.events} events, {first.device_weeks:.1f} device-weeks"
    table = empty_table(title, ["contender"], columns)
    for one in measurements:
        table.add_row(
            one.contender.name,
            f"{one.found}/{one.events}",
            cell(one.found / one.events if one.events else None, 2),
            interval_cell(one.interval, 2),
            "-" if one.median_delay_s is None else duration_in_words(one.median_delay_s),
            str(one.false_alerts),
            cell(one.false_alerts / one.device_weeks if one.device_weeks else None, 2),
            interval_cell(one.false_interval, 2),
        )
    return table
