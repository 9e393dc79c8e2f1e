"""The table of a measurement on NAB, for people.

In: measurements. Out: something that rich can print.
"""

from collections.abc import Sequence

from rich.console import Group, RenderableType

from detector.lab.evaluate.nab import NabMeasurement
from detector.lab.evaluate.nab_score import PROFILES
from detector.lab.evaluate.tables import empty_table

WARNING = (
    "Published scores are of all seven groups. Scores of some groups, or of one, are not comparable with them, and\n"
    "differences under 2 points mean nothing. `best` is at one threshold chosen with the labels, which nobody has in\n"
    "service; `own` is at the alerts that the device opened at its own threshold."
)


def nab_table(measurements: Sequence[NabMeasurement]) -> RenderableType:
    """Return one table: groups in rows, contenders beside one another."""
    columns = [f"{profile.name} {at}" for profile in PROFILES for at in ("best", "own")]
    groups = list(measurements[0].groups)
    title = f"NAB, {len(groups) - 1} of 7 groups, {measurements[0].groups['all'].files} files"
    table = empty_table(title, ["group", "contender"], ["events found", "false", *columns])
    for group in groups:
        for measurement in measurements:
            figures = measurement.groups[group]
            scores = [score for one in figures.profiles.values() for score in (one.swept, one.own)]
            name = group if measurement is measurements[0] else ""
            found = f"{figures.found}/{figures.events}"
            cells = ["-" if score is None else f"{score:.1f}" for score in scores]
            table.add_row(name, measurement.contender.name, found, str(figures.false_alerts), *cells)
        table.add_section()
    return Group(table, WARNING)
