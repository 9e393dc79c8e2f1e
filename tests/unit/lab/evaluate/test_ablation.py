"""The detector with one part taken out: who is measured, and what the table says of it."""

from pathlib import Path

from rich.console import Console

from detector.engine import PARTS
from detector.lab.evaluate.ablation import ablated, ablation_table
from detector.lab.evaluate.contenders import Contender, Method, build
from detector.settings import Budget

WHOLE = Contender(Method.DETECTOR, Path(__file__).parents[4] / "models" / "base", Budget.parse("1 per device per week"))


def test_every_part_is_taken_out_once() -> None:
    """The whole comes first, and each of the others can be built."""
    contenders = ablated(WHOLE)
    assert [one.without for one in contenders] == [None, "network", *PARTS]
    assert len({one.name for one in contenders}) == len(contenders)
    for one in contenders:
        build(one)


def test_the_table_shows_what_taking_out_changes() -> None:
    """Beside the figure stands its difference to the whole; what is not known has none."""
    whole, less = {"found": 0.75, "spike": None}, {"found": 0.5, "spike": 0.1}
    console = Console(width=120)
    with console.capture() as capture:
        console.print(ablation_table("site", [("detector", whole), ("without network", less)], 2))
    lines = [line.split() for line in capture.get().splitlines()]
    assert ["detector", "0.75", "-"] in lines
    assert ["without", "network", "0.50", "-0.25", "0.10"] in lines
