"""What each part of the detector is worth: the whole of it, and the whole with one part taken out, beside one another.

In: a contender, or the measurements of it and its maimed copies. Out: the copies; a table of figures and differences.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Group, RenderableType

from detector.engine import PARTS
from detector.lab.evaluate.contenders import NETWORK, Contender
from detector.lab.evaluate.fleet import Measurement
from detector.lab.evaluate.nab import NabMeasurement
from detector.lab.evaluate.skab import SkabMeasurement
from detector.lab.evaluate.tables import cell, empty_table

Figures = Mapping[str, float | None]
"""What a table shows of a measurement, by name."""

WORDS: Final = (
    "Without a part: its own figure, and the difference that taking it out makes. Differences within the intervals that\n"
    "the command gives without --ablate mean nothing."
)


def ablated(contender: Contender) -> tuple[Contender, ...]:
    """Return the contender, and a copy without each part that it can do without."""
    return contender, *(contender._replace(without=part) for part in (NETWORK, *PARTS))


def ablation_table(title: str, rows: Sequence[tuple[str, Figures]], digits: int) -> RenderableType:
    """Return a table of figures, the whole first, with differences to it in the rows that follow."""
    _, whole = rows[0]
    table = empty_table(title, ["contender"], list(whole))
    for name, figures in rows:
        cells = [cell(figure, digits) for figure in figures.values()]
        if figures is not whole:
            cells = [
                f"{text} {_difference(figures[key], whole[key], digits)}"
                for text, key in zip(cells, whole, strict=True)
            ]
        table.add_row(name, *cells)
    return table


def _difference(figure: float | None, whole: float | None, digits: int) -> str:
    """Return a difference with its sign, padded so that differences stand under one another."""
    text = "" if figure is None or whole is None else f"{figure - whole:+.{digits}f}"
    return f"{text:>{digits + 4}}"


def fleet_ablation(measurements: Sequence[Measurement]) -> RenderableType:
    """Return a table for each site: alerts on clean streams, and recall for each kind of fault."""
    sites = dict.fromkeys(one.site for one in measurements)
    tables = [
        ablation_table(
            f"{site}: recall, and alerts per device-week on the clean stream",
            [(one.contender.name, _of_site(one)) for one in measurements if one.site == site],
            2,
        )
        for site in sites
    ]
    return Group(*tables, WORDS)


def _of_site(measurement: Measurement) -> Figures:
    """Return what a table shows of a measurement on a site."""
    recalls = {recall.kind.value.replace("_", "\n"): recall.ratio for recall in measurement.recalls}
    return {"alerts": measurement.whole.per_device_week, **recalls}


def nab_ablation(measurements: Sequence[NabMeasurement]) -> RenderableType:
    """Return a table of all groups together."""
    rows = [(one.contender.name, _of_benchmark(one)) for one in measurements]
    return Group(ablation_table("NAB, all groups that are here", rows, 1), WORDS)


def _of_benchmark(measurement: NabMeasurement) -> Figures:
    """Return what a table shows of a measurement on NAB."""
    figures = measurement.groups["all"]
    standard = figures.profiles["standard"]
    surface = None if figures.vus_pr is None else 100.0 * figures.vus_pr
    return {
        "events\nfound": float(figures.found),
        "false": float(figures.false_alerts),
        "standard\nbest": standard.swept,
        "standard\nown": standard.own,
        "VUS-PR\n%": surface,
    }


def skab_ablation(measurements: Sequence[SkabMeasurement]) -> RenderableType:
    """Return a table of the rates and the change points."""
    rows = [(one.contender.name, _of_rig(one)) for one in measurements]
    return Group(ablation_table("SKAB, all files that are here", rows, 1), WORDS)


def _of_rig(measurement: SkabMeasurement) -> Figures:
    """Return what a table shows of a measurement on SKAB."""
    alarms = measurement.alarms
    return {
        "FAR": alarms.false_rate,
        "MAR": alarms.missed_rate,
        "change\npoints": measurement.change_points["standard"],
        "FAR of\nclean run": measurement.free.false_rate,
    }
