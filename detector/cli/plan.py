"""`detector plan`: what a fleet will need in memory, disk and cores, by what was measured, before there is one.

In: how many devices, channels and messages. Out: a table on stdout, and a sentence for each thing that does not suffice.
"""

import argparse
import os
import shutil
from pathlib import Path

from rich.console import Console
from rich.table import Table

from detector.cli.arguments import positive_count, positive_number
from detector.edge.process_cost import available_bytes
from detector.errors import DetectorError
from detector.lab import plan
from detector.lab.bench import constants
from detector.lab.bench.comparison import HEADS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector plan`."""
    add = parser.add_argument
    add("--devices", type=positive_count, required=True, metavar="N", help="devices")
    add("--channels", type=positive_count, default=1, metavar="C", help="channels of each (default: %(default)s)")
    add(
        "--rate",
        type=positive_number,
        required=True,
        metavar="R",
        help="messages a second of each, all channels in one",
    )
    add("--head", choices=HEADS, default="rls", help="engine.head (default: %(default)s)")
    add("--folder", type=Path, default=Path(), metavar="DIR", help="where state is to be kept (default: here)")


def run(arguments: argparse.Namespace) -> int:
    """Reckon and print."""
    measured = constants.read()
    if arguments.head not in measured.heads:
        raise DetectorError(
            f"--head {arguments.head}: it was not measured; let `detector bench ingest fleet --constants` do it"
        )
    fleet = plan.Fleet(arguments.devices, arguments.channels, arguments.rate, arguments.head)
    need = plan.needs(fleet, measured)
    machine = plan.Machine(available_bytes(), shutil.disk_usage(arguments.folder).free, os.cpu_count() or 1)
    console = Console(soft_wrap=True)
    console.print(_table(fleet, need, machine))
    objections = list(plan.objections(fleet, need, machine))
    for sentence in objections or ["It fits this machine, and the defaults."]:
        console.print(f"{'- ' if objections else ''}{sentence}", highlight=False)
    console.print(
        f"By figures of {measured.taken_at[:10]} on {measured.processor}: `{measured.source}`; yours differ.",
        highlight=False,
    )
    return 0


def _table(fleet: plan.Fleet, need: plan.Needs, machine: plan.Machine) -> Table:
    """Return what is needed beside what there is."""
    title = f"{fleet.rows:,} channels, {fleet.messages:,.4g} messages a second, head {fleet.head}"
    table = Table(title=title)
    for column in ("what", "needed", "here"):
        table.add_column(column, justify="left" if column == "what" else "right")
    peak = need.memory_bytes + need.snapshot_extra_bytes
    table.add_row("memory", plan.size_in_words(need.memory_bytes), plan.size_in_words(machine.memory_bytes))
    table.add_row("memory while a snapshot is written, at most", plan.size_in_words(peak), "")
    table.add_row(
        "journal, a day", plan.size_in_words(need.journal_bytes_a_day), plan.size_in_words(machine.disk_bytes)
    )
    table.add_row("snapshots", plan.size_in_words(need.snapshot_bytes), "")
    table.add_row("cores, at the least", f"{need.cores:.2f}", str(machine.cores))
    table.add_row("cores, busy while messages come singly", f"{need.busy_cores:.2f}", "")
    return table
