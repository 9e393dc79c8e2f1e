"""What the tables of a measurement say."""

from pathlib import Path

from rich.console import Console, RenderableType

from detector.lab.evaluate.contenders import Contender, Method
from detector.lab.evaluate.fault import Injected
from detector.lab.evaluate.figures import Rate, Recall
from detector.lab.evaluate.fleet import Measurement
from detector.lab.evaluate.tables import fleet_tables
from detector.settings import Budget


def lines(tables: RenderableType) -> list[list[str]]:
    """Return what is printed in a pipe, as the cells of each line that has any."""
    console = Console(width=120, force_terminal=False)
    with console.capture() as capture:
        console.print(tables)
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in capture.get().splitlines()]


def measured(site: str) -> Measurement:
    """Return a measurement of one kind of fault."""
    contender = Contender(Method.EWMA, Path("models/base"), Budget.parse("1 per device per week"))
    whole, half = (
        Rate(10.0, {"residual": 12, "silent": 2}, 12, 10.0, (0.7, 1.9)),
        Rate(5.0, {"residual": 4}, 4, 5.0, None),
    )
    recall = Recall(Injected.SMALL_STEP, 10, 5, 1, (60.0, 600.0, 1200.0, 2400.0, 9000.0))
    return Measurement(site, "temperature", 10, contender, whole, half, (recall,), ())


def test_figures_stand_under_their_names_with_what_is_wanted_beside_them() -> None:
    """Each row has as many cells as the header, in its order."""
    told = lines(fleet_tables([measured("intel")]))
    assert ["contender", "device-week", "95 %", "2nd half", "ship", "used", "all alerts by kind"] in told
    assert ["ewma", "1.20", "0.70 - 1.90", "0.80", "0.5 to 1.5", "120%", "residual 12, silent 2"] in told
    assert ["fault", "contender", "found", "by chance", "recall", "95 %", "median delay", "ship", "aim"] in told
    assert ["small step", "ewma", "5/10", "1", "0.50", "0.24 - 0.76", "20 min", "0.20", "0.50"] in told


def test_a_site_without_a_stated_wish_has_the_aim_alone() -> None:
    """Recall wanted before a release was stated for two sites."""
    small_step = ["small step", "ewma", "5/10", "1", "0.50", "0.24 - 0.76", "20 min", "-", "0.50"]
    assert small_step in lines(fleet_tables([measured("harbour")]))
