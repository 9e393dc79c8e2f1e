"""The table of a measurement on NAB, for people.

In: measurements. Out: something that rich can print.
"""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType

from detector.lab.evaluate.nab import GroupFigures, NabMeasurement
from detector.lab.evaluate.nab_score import PROFILES
from detector.lab.evaluate.tables import cell, empty_table, interval_cell

WARNING: Final = (
    "Published scores are of all seven groups: those of some, or of one, are not comparable with them, and differences\n"
    "under 2 points mean nothing. `best` is at one threshold chosen with the labels, which nobody has in service; `own`\n"
    "is at the alerts that the device opened at its own threshold. VUS-PR: mean over files with events, causal scores.\n"
    "Ship, all seven groups: best 70, 63, 74; 90 of 116 events with at most 85 false; VUS-PR 0.42."
)


def nab_table(measurements: Sequence[NabMeasurement]) -> RenderableType:
    """Return one table: groups in rows, contenders beside one another."""
    both = [f"{profile.name.replace('standard', 'std.')}\n{at}" for profile in PROFILES for at in ("best", "own")]
    columns = ["events\nfound", "false", *both[:2], "own\n95 %", *both[2:], "VUS\n-PR"]
    groups = list(measurements[0].groups)
    title = f"NAB, {len(groups) - 1} of 7 groups, {measurements[0].groups['all'].files} files"
    table = empty_table(title, ["group", "contender"], columns)
    for group in groups:
        for measurement in measurements:
            name = _short(group) if measurement is measurements[0] else ""
            table.add_row(name, measurement.contender.name, *_cells(measurement.groups[group]))
        table.add_section()
    return Group(table, WARNING)


def _cells(figures: GroupFigures) -> list[str]:
    """Return the cells of one group and contender."""
    standard, *others = figures.profiles.values()
    return [
        f"{figures.found}/{figures.events}",
        str(figures.false_alerts),
        cell(standard.swept),
        cell(standard.own),
        interval_cell(standard.own_interval),
        *(cell(score) for one in others for score in (one.swept, one.own)),
        cell(figures.vus_pr, 2),
    ]


def _short(group: str) -> str:
    """Return a group's name in fewer letters."""
    return {"artificialNoAnomaly": "no anomaly", "artificialWithAnomaly": "artificial"}.get(
        group, group.removeprefix("real")
    )
