"""`detector drill`: a daemon is killed again and again over a recording; shows that nothing is lost or told wrongly.

In: recordings. Out: a table of the kills and a verdict; exit code 1 where anything is amiss.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from detector.cli.arguments import positive_count
from detector.cli.stopping import break_off_when_told
from detector.lab.drill.drill import Blow, Outcome, Plan, run_drill


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector drill`."""
    add = parser.add_argument
    add("input", type=Path, nargs="+", metavar="PATH", help="recordings (.csv, .csv.gz), or folders of them")
    add("--kills", type=positive_count, default=50, metavar="N", help="how often to kill (default %(default)s)")
    add("--seed", type=int, default=1, help="the same seed kills at the same readings")
    add("--model", type=Path, default=Path("models/base"), metavar="DIR", help="model folder (default: %(default)s)")
    add("--snapshot-every", default="1s", metavar="TIME", help="time between snapshots (default %(default)s)")
    add(
        "--own-process",
        action="store_true",
        help="with engine.own_process: the daemon is killed, and its engine has to follow",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do the exercise, and print what it came to."""
    break_off_when_told()
    console, told = Console(), Console(stderr=True)
    plan = Plan(
        arguments.input,
        arguments.model,
        arguments.kills,
        arguments.seed,
        arguments.snapshot_every,
        own_process=arguments.own_process,
    )

    def tell(blow: Blow) -> None:
        if told.is_terminal:
            told.print(f"killed after {blow.journalled:,} arrivals, ready again in {blow.ready_s:.1f} s")

    outcome = run_drill(plan, tell)
    console.print(_table(outcome))
    console.print(_verdict(outcome), highlight=False, soft_wrap=True)
    return 0 if outcome.flawless else 1


def _table(outcome: Outcome) -> Table:
    """Return the kills."""
    table = Table(title=f"{len(outcome.blows)} kills over {outcome.published:,} readings")
    for name in ("kill", "arrivals on disk", "snapshot after", "from the journal", "ready in s", "state"):
        table.add_column(name, justify="right")
    for number, blow in enumerate(outcome.blows, 1):
        rest = blow.journalled - blow.snapshot
        figures = (f"{number}", f"{blow.journalled:,}", f"{blow.snapshot:,}", f"{rest:,}", f"{blow.ready_s:.1f}")
        table.add_row(*figures, "identical" if blow.same else "DIFFERENT")
    return table


def _verdict(outcome: Outcome) -> str:
    """Return in words what was lost and told."""
    same = sum(blow.same for blow in outcome.blows)
    return (
        f"state bit-identical after {same} of {len(outcome.blows)} kills; readings lost: {outcome.lost}, sent again by the"
        f" broker: {outcome.redelivered}\nalert events of an undisturbed replay: {outcome.alerts}; never told:"
        f" {outcome.missing}, told though it does not: {outcome.invented}, told again with the same id: {outcome.repeated}"
    )
